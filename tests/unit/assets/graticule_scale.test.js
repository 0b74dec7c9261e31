import assert from "node:assert/strict";
import { test } from "node:test";
import {
  graticuleStep,
  isLatitudeLabelFree,
  latitudeLabel,
  longitudeLabel,
} from "../../../app/assets/js/graticule_scale.js";

test("the step is the smallest whose labels do not overlap", () => {
  assert.equal(graticuleStep(360, 1440), 20); // 80 px apart; 10 degrees would be 40 px.
  assert.equal(graticuleStep(1, 1440), 0.1);
  assert.equal(graticuleStep(0.01, 1440), 0.01);
});

test("the largest step is used where none fits, and a map without a size has one", () => {
  assert.equal(graticuleStep(720, 300), 90);
  assert.equal(graticuleStep(360, 0), 90);
});

test("longitudes are written east or west of Greenwich, also in other copies of the world", () => {
  assert.deepEqual(
    [10, -10, 0, 180, -180, 190, -350, 360].map((lon) => longitudeLabel(lon, 10)),
    ["10°\u202fE", "10°\u202fW", "0°", "180°", "180°", "170°\u202fW", "10°\u202fE", "0°"],
  );
});

test("latitudes are written north or south of the equator", () => {
  assert.deepEqual(
    [55, -55, 0].map((lat) => latitudeLabel(lat, 5)),
    ["55°\u202fN", "55°\u202fS", "0°"],
  );
});

test("labels have the decimals of the step", () => {
  assert.equal(latitudeLabel(55.5, 0.5), "55.5°\u202fN");
  assert.equal(longitudeLabel(0.1 + 0.2, 0.1), "0.3°\u202fE");
  assert.equal(longitudeLabel(-179.95, 0.05), "179.95°\u202fW");
});

test("the label of a parallel covers neither the corner above nor the source of the land below", () => {
  assert.deepEqual(
    [3, 4, 282, 283].map((y) => isLatitudeLabelFree(y, 320)),
    [false, true, true, false],
  );
});
