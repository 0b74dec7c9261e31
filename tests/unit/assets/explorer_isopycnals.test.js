import assert from "node:assert/strict";
import { test } from "node:test";
import { densityRange, salinityAt, sigmaAt } from "../../../app/assets/js/explorer_isopycnals.js";

// Values of a plane: 0.75 for each unit of salinity, -0.25 for each degree.
const GRID = {
  salinity: [0, 10, 20],
  temperature: [0, 4, 8],
  sigma0: [
    [0, 7.5, 15],
    [-1, 6.5, 14],
    [-2, 5.5, 13],
  ],
};

test("a density is interpolated between the values of the grid", () => {
  assert.equal(sigmaAt(GRID, 10, 4), 6.5);
  assert.equal(sigmaAt(GRID, 4, 2), 2.5);
  assert.equal(sigmaAt(GRID, 20, 8), 13);
});

test("a density beyond the grid or without one is unknown", () => {
  assert.equal(sigmaAt(GRID, -0.1, 4), null);
  assert.equal(sigmaAt(GRID, 20.1, 4), null);
  assert.equal(sigmaAt(GRID, 10, 8.1), null);
  assert.equal(sigmaAt(null, 10, 4), null);
});

test("the salinity of a density is found within the range and the grid", () => {
  assert.equal(salinityAt(GRID, 6.5, 4, [0, 40]).toFixed(6), "10.000000");
  assert.equal(salinityAt(GRID, 14, 0, [10, 40]).toFixed(6), "18.666667");
});

test("a density beyond the range or the grid has no salinity", () => {
  assert.equal(salinityAt(GRID, 6.5, 4, [0, 9]), null);
  assert.equal(salinityAt(GRID, 6.5, 4, [11, 20]), null);
  assert.equal(salinityAt(GRID, 6.5, 4, [30, 40]), null);
  assert.equal(salinityAt(GRID, 6.5, 9, [0, 20]), null);
});

test("the densities of a view are those of the part that the grid covers", () => {
  assert.deepEqual(densityRange(GRID, [0, 20], [0, 8]), [-2, 15]);
  assert.deepEqual(densityRange(GRID, [10, 60], [4, 60]), [5.5, 14]);
  assert.equal(densityRange(GRID, [30, 60], [0, 8]), null);
  assert.equal(densityRange(GRID, [0, 20], [9, 12]), null);
  assert.equal(densityRange(null, [0, 20], [0, 8]), null);
});

test("the densities of fresh water reach to those at its densest", () => {
  const sigma0 = [
    [-0.16, 0.65],
    [-0.03, 0.77],
    [-0.15, 0.64],
  ];
  const fresh = { salinity: [0, 1], temperature: [0, 4, 8], sigma0 };
  assert.deepEqual(densityRange(fresh, [0, 1], [0, 8]), [-0.16, 0.77]);
});
