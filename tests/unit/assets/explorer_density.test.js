import assert from "node:assert/strict";
import { test } from "node:test";
import { salinityAt, sigma } from "../../../app/assets/js/explorer_density.js";

// Check values of UNESCO technical papers in marine science 44, p. 19, at a pressure of 0.
test("density is that of EOS-80", () => {
  assert.equal(sigma(0, 5).toFixed(5), (999.96675 - 1000).toFixed(5));
  assert.equal(sigma(0, 25).toFixed(5), (997.04796 - 1000).toFixed(5));
  assert.equal(sigma(35, 5).toFixed(5), (1027.67547 - 1000).toFixed(5));
  assert.equal(sigma(35, 25).toFixed(5), (1023.34306 - 1000).toFixed(5));
});

test("a negative salinity counts as fresh water", () => {
  assert.equal(sigma(-1, 5), sigma(0, 5));
});

test("the salinity of a density is found within the range", () => {
  assert.equal(salinityAt(sigma(35, 5), 5, [0, 40]).toFixed(6), "35.000000");
});

test("a density beyond the range has no salinity", () => {
  assert.equal(salinityAt(sigma(35, 5), 5, [0, 30]), null);
  assert.equal(salinityAt(sigma(35, 5), 5, [36, 40]), null);
});
