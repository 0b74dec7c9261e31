// The compressed size of the files that a first view loads, against the budget.
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const STATIC = join(dirname(fileURLToPath(import.meta.url)), "..", "static");
const BUDGET = 150_000; // Bytes of a first view: these files, the page itself and its tracks.
const FOR_PAGE_AND_DATA = 30_000;
const manifest = JSON.parse(readFileSync(join(STATIC, "manifest.json"), "utf8"));
const FILES = ["theme.js", "site.js", "site.css", "icon.svg", "map.js", "map.css", "land.json"];
let sum = 0;
for (const name of FILES) {
  const path = join(STATIC, manifest[name]);
  const size = statSync(path).size > 500 ? statSync(`${path}.gz`).size : statSync(path).size;
  sum += size;
  console.log(`${String(size).padStart(8)}  ${name}`);
}
console.log(`${String(sum).padStart(8)}  sum, gzip; budget ${BUDGET - FOR_PAGE_AND_DATA}`);
process.exitCode = sum <= BUDGET - FOR_PAGE_AND_DATA ? 0 : 1;
