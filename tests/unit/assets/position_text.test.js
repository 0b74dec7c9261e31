import assert from "node:assert/strict";
import { test } from "node:test";
import { inDecimals, inMinutes } from "../../../app/assets/js/position_text.js";

const plain = (text) => text.replaceAll("\u202f", " ");

test("a position has degrees and decimal minutes with its hemispheres", () => {
  assert.equal(plain(inMinutes([16.2076, 55.40205])), "55° 24.123′ N, 16° 12.456′ E");
  assert.equal(plain(inMinutes([-0.5, -33.05])), "33° 03.000′ S, 0° 30.000′ W");
});

test("minutes are never rounded to 60", () => {
  assert.equal(plain(inMinutes([0, 59.9999999])), "60° 00.000′ N, 0° 00.000′ E");
});

test("decimal degrees have the latitude first", () => {
  assert.equal(inDecimals([-123.5, 48.654321]), "48.65432, -123.50000");
});
