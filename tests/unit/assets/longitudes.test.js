import assert from "node:assert/strict";
import { test } from "node:test";
import {
  extentOf,
  linesWithoutSeam,
  nearestTurn,
  unrollBox,
  unrollTrack,
  wrapped,
} from "../../../app/assets/js/longitudes.js";

test("a longitude is wrapped into [-180, 180)", () => {
  assert.deepEqual([0, 179, 180, -180, 181, 360, 540, -190].map(wrapped), [0, 179, -180, -180, -179, 0, -180, 170]);
});

test("a track across 180 degrees is moved east as a whole", () => {
  const lons = [178, 179.5, -179.5, -178];
  assert.deepEqual(lons.map(unrollTrack(lons)), [178, 179.5, 180.5, 182]);
});

test("a track across 0 degrees stays where it is", () => {
  const lons = [-1, 0, 1];
  assert.deepEqual(lons.map(unrollTrack(lons)), [-1, 0, 1]);
});

test("a track of one sign stays where it is, however long it is", () => {
  assert.deepEqual([-179, -1].map(unrollTrack([-179, -1])), [-179, -1]);
  assert.deepEqual([0, 180].map(unrollTrack([0, 180])), [0, 180]);
});

test("a track of exactly half of the globe stays where it is, a longer one crosses 180 degrees", () => {
  assert.equal(unrollTrack([-90, 90])(-90), -90);
  assert.equal(unrollTrack([-90, 90.5])(-90), 270);
});

test("a track without positions moves nothing", () => {
  assert.equal(unrollTrack([])(-170), -170);
});

test("a track with more positions than a call may have arguments is unrolled", () => {
  const lons = Array.from({ length: 300_000 }, (_, i) => (i % 2 ? 179 : -179));
  assert.equal(unrollTrack(lons)(-179), 181);
});

test("a box whose west is greater than its east lies across 180 degrees", () => {
  assert.deepEqual([170, -170].map(unrollBox([165, 50, -160, 66])), [170, 190]);
  assert.deepEqual([170, -170].map(unrollBox([-175, 50, 175, 66])), [170, -170]);
});

test("a mission turns to the copy of the world that is in view", () => {
  assert.equal(nearestTurn(0, 15), 0);
  assert.equal(nearestTurn(-170, 190), -360);
  assert.equal(nearestTurn(350, 10), 360);
  assert.equal(nearestTurn(170, -9), 0);
  assert.equal(nearestTurn(172, -9), 360);
});

test("the edges of an area along 180 degrees are not drawn", () => {
  const west = [
    [170, 50],
    [180, 50],
    [180, 60],
    [170, 60],
    [170, 50],
  ];
  const east = [
    [-180, 50],
    [-170, 50],
    [-170, 60],
    [-180, 60],
    [-180, 50],
  ];
  assert.deepEqual(linesWithoutSeam({ type: "MultiPolygon", coordinates: [[west], [east]] }), [
    [
      [170, 50],
      [180, 50],
    ],
    [
      [180, 60],
      [170, 60],
      [170, 50],
    ],
    [
      [-180, 50],
      [-170, 50],
      [-170, 60],
      [-180, 60],
    ],
  ]);
});

test("an area elsewhere keeps all its edges", () => {
  const ring = [
    [10, 50],
    [20, 50],
    [20, 60],
    [10, 50],
  ];
  assert.deepEqual(linesWithoutSeam({ type: "Polygon", coordinates: [ring] }), [ring]);
});

test("the width of a box across 180 degrees is the short way", () => {
  assert.deepEqual(extentOf([162, 51, -157, 66]), { width: 41, height: 15 });
  assert.deepEqual(extentOf([-180, 60, 180, 90]), { width: 360, height: 30 });
});
