// What a first view costs over the wire: each page's own files, compressed, against the budget.
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const STATIC = join(dirname(fileURLToPath(import.meta.url)), "..", "static");
const BUDGET = 150_000; // Bytes, the page itself and its tracks included; these get what the files leave.
const FOR_PAGE_AND_DATA = 30_000;
const manifest = JSON.parse(readFileSync(join(STATIC, "manifest.json"), "utf8"));
const parts = ["theme.js", "site.js", "site.css", "icon.svg", "map.js", "map.css", "land.json"];
let sum = 0;
for (const part of parts) {
  const path = join(STATIC, manifest[part]);
  const size = statSync(path).size > 500 ? statSync(`${path}.gz`).size : statSync(path).size;
  sum += size;
  console.log(`${String(size).padStart(8)}  ${part}`);
}
console.log(`${String(sum).padStart(8)}  sum, gzip; budget ${BUDGET - FOR_PAGE_AND_DATA}`);
process.exitCode = sum <= BUDGET - FOR_PAGE_AND_DATA ? 0 : 1;
