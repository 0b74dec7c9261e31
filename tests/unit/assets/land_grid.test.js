import assert from "node:assert/strict";
import { test } from "node:test";
import { landLevelAt, tilesInView } from "../../../app/assets/js/land_grid.js";

const names = (side) => {
  const [columns, rows] = [360 / side, 180 / side];
  return new Set(Array.from({ length: columns * rows }, (_, i) => `${i % columns}_${Math.floor(i / columns)}`));
};

test("overviews need no tiles, and closer views finer ones", () => {
  assert.deepEqual([0, 3.5, 4, 6, 6.5, 14].map(landLevelAt), [null, null, "medium", "medium", "fine", "fine"]);
});

test("a view within a tile needs that tile", () => {
  assert.deepEqual(tilesInView({ west: 14, south: 54, east: 17, north: 56 }, 10, names(10)), [
    { name: "19_14", turn: 0 },
  ]);
});

test("tiles without land are left out", () => {
  assert.deepEqual(tilesInView({ west: 14, south: 54, east: 17, north: 56 }, 10, new Set(["0_0"])), []);
});

test("a view across 180 degrees needs tiles of both edges, moved to the copy of the world", () => {
  assert.deepEqual(tilesInView({ west: 175, south: 1, east: 185, north: 2 }, 30, names(30)), [
    { name: "11_3", turn: 0 },
    { name: "0_3", turn: 360 },
  ]);
  assert.deepEqual(tilesInView({ west: -185, south: 1, east: -175, north: 2 }, 30, names(30)), [
    { name: "11_3", turn: -360 },
    { name: "0_3", turn: 0 },
  ]);
});

test("a view beyond the poles needs the tiles at them", () => {
  const rows = tilesInView({ west: 1, south: -100, east: 2, north: 100 }, 30, names(30)).map(({ name }) => name);
  assert.deepEqual(rows, ["6_0", "6_1", "6_2", "6_3", "6_4", "6_5"]);
});
