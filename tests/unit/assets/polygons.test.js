import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, clip, clipRing, round, unrollRing } from "../../../app/assets/polygons.mjs";

const ring = (west, south, east, north) => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];
const lons = (points) => points.map(([lon]) => lon);

test("a ring across 180 degrees has no jump", () => {
  assert.deepEqual(
    lons(
      unrollRing([
        [170, 0],
        [-170, 0],
        [-170, 5],
        [170, 5],
        [170, 0],
      ]),
    ),
    [170, 190, 190, 170, 170],
  );
  assert.deepEqual(
    lons(
      unrollRing([
        [-170, 0],
        [170, 0],
        [-170, 0],
      ]),
    ),
    [-170, -190, -170],
  );
});

test("a ring that does not cross 180 degrees stays as it is", () => {
  assert.deepEqual(unrollRing(ring(-10, 0, 10, 5)), ring(-10, 0, 10, 5));
});

test("a ring around the pole is closed along it", () => {
  const unrolled = unrollRing([
    [0, -70],
    [120, -70],
    [-120, -70],
    [0, -70],
  ]);
  assert.deepEqual(unrolled, [
    [0, -70],
    [120, -70],
    [240, -70],
    [360, -70],
    [360, -90],
    [0, -90],
  ]);
});

test("bounds of a ring", () => {
  assert.deepEqual(bounds(ring(-10, 0, 10, 5)), [-10, 0, 10, 5]);
  assert.deepEqual(bounds([[3, 4]]), [3, 4, 3, 4]);
});

test("a ring within the box stays whole, one outside is empty", () => {
  assert.equal(clipRing(ring(1, 1, 2, 2), [0, 0, 5, 5]).length, 5);
  assert.deepEqual(clipRing(ring(6, 6, 7, 7), [0, 0, 5, 5]), []);
});

test("a ring across the edge is cut at it", () => {
  assert.deepEqual(bounds(clipRing(ring(3, 3, 9, 9), [0, 0, 5, 5])), [3, 3, 5, 5]);
  assert.deepEqual(bounds(clipRing(ring(-9, -9, 99, 99), [0, 0, 5, 5])), [0, 0, 5, 5]);
});

test("the cut of a slanted side is interpolated", () => {
  const triangle = [
    [0, 0],
    [4, 2],
    [0, 2],
    [0, 0],
  ];
  assert.deepEqual(
    clipRing(triangle, [0, 0, 2, 2]).filter(([lon]) => lon === 2),
    [
      [2, 1],
      [2, 2],
    ],
  );
});

test("points are rounded, and repetitions in a row removed", () => {
  assert.deepEqual(
    round(
      [
        [1.234, 5],
        [1.2341, 5],
        [1.3, 5],
        [1.234, 5],
      ],
      2,
    ),
    [
      [1.23, 5],
      [1.3, 5],
      [1.23, 5],
    ],
  );
});

test("polygons outside the box and slivers are left out", () => {
  const polygon = (...edges) => ({ rings: [ring(...edges)], box: edges });
  const box = [0, 0, 5, 5];
  assert.equal(clip([polygon(1, 1, 2, 2), polygon(6, 6, 7, 7)], box, 2).length, 1);
  assert.deepEqual(clip([polygon(1, 1, 1.0001, 2)], box, 2), []);
});
