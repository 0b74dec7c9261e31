import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clampedRange,
  extentOf,
  minMax,
  pannedRange,
  robustRange,
  roomAround,
  roundedOutwards,
  zoomedRange,
} from "../../../app/assets/js/explorer_range.js";

const EXTENT = [0, 100];

test("a range within the extent stays as it is", () => {
  assert.deepEqual(clampedRange([20, 30], EXTENT), [20, 30]);
});

test("a range beyond an end is moved back with its width", () => {
  assert.deepEqual(clampedRange([-10, 10], EXTENT), [0, 20]);
  assert.deepEqual(clampedRange([95, 115], EXTENT), [80, 100]);
});

test("a range wider than the extent becomes the extent", () => {
  assert.deepEqual(clampedRange([-50, 500], EXTENT), [0, 100]);
});

test("a range has at least a two-thousandth of the extent", () => {
  assert.deepEqual(clampedRange([50, 50], EXTENT), [49.975, 50.025]);
});

test("zooming in keeps the centre at its place in the view", () => {
  assert.deepEqual(zoomedRange([0, 100], 2, EXTENT), [25, 75]);
  assert.deepEqual(zoomedRange([0, 100], 2, EXTENT, 0), [0, 50]);
  assert.deepEqual(zoomedRange([0, 100], 4, EXTENT, 80), [60, 85]);
});

test("zooming out ends at the extent", () => {
  assert.deepEqual(zoomedRange([40, 60], 0.5, EXTENT), [30, 70]);
  assert.deepEqual(zoomedRange([0, 60], 0.1, EXTENT), [0, 100]);
});

test("panning moves by a share of the view and ends at the extent", () => {
  assert.deepEqual(pannedRange([20, 40], 0.5, EXTENT), [30, 50]);
  assert.deepEqual(pannedRange([20, 40], -2, EXTENT), [0, 20]);
  assert.deepEqual(pannedRange([70, 90], 1, EXTENT), [80, 100]);
});

test("least and greatest leave out null", () => {
  assert.deepEqual(minMax([3, null, -1, 2]), [-1, 3]);
  assert.deepEqual(minMax([null]), [Infinity, -Infinity]);
});

test("an extent has a margin on both sides", () => {
  assert.deepEqual(extentOf([10, null, 20], 0.1), [9, 21]);
  assert.deepEqual(extentOf([10, 20], 0), [10, 20]);
});

test("one value has a unit around it, no value the unit from 0", () => {
  assert.deepEqual(extentOf([7, 7], 0.1), [6.5, 7.5]);
  assert.deepEqual(extentOf([null], 0.1), [0, 1]);
  assert.deepEqual(extentOf([], 0.1), [0, 1]);
});

test("the room around a line is a twentieth of its range, its value or 1", () => {
  assert.equal(roomAround(10, 30), 1);
  assert.equal(roomAround(-4, -4), 0.2);
  assert.equal(roomAround(0, 0), 0.05);
});

test("one outlier does not stretch the first range", () => {
  const values = [...Array.from({ length: 1000 }, (_, i) => 34 + i / 1000), 2, null];
  const [low, high] = robustRange(values, [2, 35]);
  assert.ok(low > 33.7 && low < 34.1);
  assert.equal(high, 35);
});

test("values without outliers keep their extent", () => {
  assert.deepEqual(robustRange([1, 2, 3], [0.9, 3.1]), [0.9, 3.1]);
  assert.deepEqual(robustRange([5, 5], [4.5, 5.5]), [4.5, 5.5]);
  assert.deepEqual(robustRange([], [0, 1]), [0, 1]);
});

test("a range is rounded outwards to two digits of its span", () => {
  assert.deepEqual(roundedOutwards([5.48783, 17.2761]), [5, 18]);
  assert.deepEqual(roundedOutwards([5.62313, 12.1376]), [5.6, 12.2]);
  assert.deepEqual(roundedOutwards([-0.5, 0.5]), [-0.5, 0.5]);
  assert.deepEqual(roundedOutwards([0.1, 250]), [0, 250]);
});
