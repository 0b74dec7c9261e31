// Builds app/static from app/assets and the npm packages: bundled, minified, compressed, named by content.
// Everything is written beside the old folder, which it replaces at the end: a running portal never has half a build.
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { PurgeCSS } from "purgecss";
import { LEVELS, land } from "./land_tiles.mjs";

const require = createRequire(import.meta.url);
const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(dirname(HERE));
const OUT = join(ROOT, "app", "static");
const DRAFT = `${OUT}.${process.pid}`;
const TARGET = ["chrome109", "firefox115", "safari16"]; // What Bootstrap 5.3 and long-term support releases run on.
const manifest = {};

const digest = (content) => createHash("sha256").update(content).digest("hex").slice(0, 12);

/** Writes a file and its compressed forms; its name contains a hash, of its content by default. Returns the name. */
function emit(name, content, hash = digest(content), brotli = true) {
  const file = name.replace(/(\.[a-z0-9]+)$/, `.${hash}$1`);
  const data = Buffer.from(content);
  writeFileSync(join(DRAFT, file), data);
  if (data.length > 500) {
    writeFileSync(join(DRAFT, `${file}.gz`), gzipSync(data, { level: 9 }));
    if (!brotli) return file;
    const size = { [constants.BROTLI_PARAM_SIZE_HINT]: data.length };
    writeFileSync(join(DRAFT, `${file}.br`), brotliCompressSync(data, { params: size }));
  }
  manifest[name] = file;
  return file;
}

async function scripts() {
  const names = ["theme", "live", "site", "map", "api_docs", "sections", "explorer", "imports"];
  const { outputFiles } = await build({
    entryPoints: names.map((name) => join(HERE, "js", `${name}.js`)),
    bundle: true,
    minify: true,
    format: "iife",
    target: TARGET,
    legalComments: "inline",
    outdir: "out",
    write: false,
  });
  for (const { path, contents } of outputFiles) emit(path.split(/[\\/]/).at(-1), contents);
}

async function styles() {
  const bootstrap = readFileSync(require.resolve("bootstrap/dist/css/bootstrap.css"), "utf8");
  const own = ["site", "explorer"].map((name) => readFileSync(join(HERE, `css/${name}.css`), "utf8")).join("\n");
  const values = readFileSync(join(HERE, "css/dark.css"), "utf8");
  // The switch decides; without a choice, or without scripts, the system's preference does.
  const unset = `@media (prefers-color-scheme: dark) { :root:not([data-bs-theme]) {${values}} }`;
  const dark = `[data-bs-theme="dark"] {${values}} ${unset}`;
  // Only the rules that a template or a script of ours can use: a tenth of Bootstrap.
  const [{ css }] = await new PurgeCSS().purge({
    content: [join(ROOT, "app/templates/**/*.html"), join(HERE, "js/*.js")],
    css: [{ raw: [bootstrap, own, dark].join("\n") }],
    variables: true,
    keyframes: true,
    safelist: {
      standard: [/^mode-[RPAD]$/],
      greedy: [/data-bs-theme/],
      // Scripts read them by name.
      variables: [/^--(map|track|graphic|faint|focus|lift|surface|band|signal|plot)/],
    },
  });
  emit("site.css", (await transform(css, { loader: "css", minify: true, target: TARGET })).code);

  const { outputFiles } = await build({
    entryPoints: [join(HERE, "css/map.css")],
    bundle: true,
    minify: true,
    loader: { ".png": "dataurl" }, // Leaflet's few small pictures.
    target: TARGET,
    write: false,
  });
  emit("map.css", outputFiles[0].contents);
}

function maps() {
  const { coarse, tiles } = land();
  const set = digest(JSON.stringify(tiles));
  const levels = {};
  for (const [level, byName] of Object.entries(tiles)) {
    for (const [name, polygons] of Object.entries(byName)) {
      // Hundreds of files: gzip alone builds in a third of the time.
      emit(`land_${level}_${name}.json`, JSON.stringify(polygons), set, false);
      delete manifest[`land_${level}_${name}.json`]; // Scripts address tiles by pattern; templates do not name one.
    }
    levels[level] = {
      side: LEVELS[level].side,
      pattern: `land_${level}_{name}.${set}.json`,
      names: Object.keys(byName),
    };
  }
  emit("land.json", JSON.stringify({ coarse, levels }));
}

function copies() {
  emit("icon.svg", readFileSync(join(HERE, "icon.svg")));
  const licences = ["bootstrap/LICENSE", "leaflet/LICENSE", "topojson-client/LICENSE", "world-atlas/LICENSE"];
  for (const licence of licences) {
    cpSync(join(ROOT, "node_modules", licence), join(DRAFT, "licences", `${dirname(licence)}.txt`));
  }
  cpSync(join(HERE, "colours.LICENSE"), join(DRAFT, "licences", "cmocean.txt"));
}

rmSync(DRAFT, { recursive: true, force: true });
mkdirSync(DRAFT, { recursive: true });
try {
  await scripts();
  await styles();
  maps();
  copies();
  writeFileSync(join(DRAFT, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  rmSync(OUT, { recursive: true, force: true });
  renameSync(DRAFT, OUT);
} finally {
  rmSync(DRAFT, { recursive: true, force: true });
}
console.log(`app/static: ${Object.keys(manifest).length} assets and the land`);
