import assert from "node:assert/strict";
import { test } from "node:test";
import { detailAt, gridBox, isFiner } from "../../../app/assets/js/track_detail.js";

test("the level of detail changes at zoom 6 and 9", () => {
  assert.deepEqual([0, 5.5, 6, 8.5, 9, 14].map(detailAt), ["coarse", "coarse", "medium", "medium", "fine", "fine"]);
});

test("a level is finer than those before it, and not than itself", () => {
  assert.equal(isFiner("fine", "medium"), true);
  assert.equal(isFiner("medium", "coarse"), true);
  assert.equal(isFiner("medium", "medium"), false);
  assert.equal(isFiner("coarse", "fine"), false);
});

test("a view is widened to the cells of its zoom", () => {
  // Zoom 6: 90 / 2^4 = 5.625 degrees a side.
  assert.equal(gridBox({ west: 14, south: 54, east: 17, north: 56 }, 6), "11.25,50.625,22.5,56.25");
  assert.equal(gridBox({ west: 14, south: 54, east: 17, north: 56 }, 6.5), "11.25,50.625,22.5,56.25");
});

test("neighbouring views have the same box", () => {
  const box = gridBox({ west: 14, south: 54, east: 17, north: 56 }, 6);
  assert.equal(gridBox({ west: 14.3, south: 53.8, east: 17.3, north: 55.8 }, 6), box);
});

test("an edge on the grid stays where it is", () => {
  assert.equal(gridBox({ west: 11.25, south: 50.625, east: 22.5, north: 56.25 }, 6), "11.25,50.625,22.5,56.25");
});

test("a box across 180 degrees has its west greater than its east", () => {
  assert.equal(gridBox({ west: 178, south: 50, east: 183, north: 55 }, 6), "174.375,45,-174.375,56.25");
  assert.equal(gridBox({ west: -183, south: 50, east: -178, north: 55 }, 6), "174.375,45,-174.375,56.25");
});

test("a view of another copy of the world requests the same box", () => {
  assert.equal(gridBox({ west: 374, south: 54, east: 377, north: 56 }, 6), "11.25,50.625,22.5,56.25");
});

test("a box ends at the poles and goes around the globe once", () => {
  assert.equal(gridBox({ west: -200, south: -95, east: 200, north: 95 }, 2), "-180,-90,180,90");
});

test("the grid of small zooms has cells of 90 degrees", () => {
  assert.equal(gridBox({ west: 1, south: 1, east: 2, north: 2 }, 0), "0,0,90,90");
});
