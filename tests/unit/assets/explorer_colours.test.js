import assert from "node:assert/strict";
import { test } from "node:test";
import { coloursOf, css, pointMap, stepOf } from "../../../app/assets/js/explorer_colours.js";

test("a map has 64 colours from cmocean's first to its last", () => {
  const haline = coloursOf("haline");
  assert.equal(haline.length, 64);
  assert.deepEqual(haline[0], [0x2a, 0x19, 0x71]);
  assert.deepEqual(haline[63], [0xfc, 0xee, 0x98]);
});

test("an unknown map has the colours of thermal", () => {
  assert.deepEqual(coloursOf("nothing"), coloursOf("thermal"));
  assert.deepEqual(coloursOf("thermal")[0], [0x04, 0x25, 0x37]);
});

test("a value has the step of its share of the limits", () => {
  assert.deepEqual(
    [0, 2.4, 2.5, 9.9].map((value) => stepOf(value, [0, 10], 4)),
    [0, 0, 1, 3],
  );
});

test("values at and beyond the limits have the steps of the ends", () => {
  assert.deepEqual(
    [-5, 10, 50].map((value) => stepOf(value, [0, 10], 4)),
    [0, 3, 3],
  );
});

test("a colour is written for a canvas", () => {
  assert.equal(css([1, 20, 255]), "rgb(1 20 255)");
});

test("points have the part of a map that contrasts with the ground of the theme", () => {
  assert.equal(pointMap("dense"), "dense_on_light");
  globalThis.document = { documentElement: { dataset: { bsTheme: "dark" } } };
  assert.equal(pointMap("dense"), "dense_on_dark");
  delete globalThis.document;
  assert.notDeepEqual(coloursOf("dense_on_dark"), coloursOf("dense_on_light"));
});
