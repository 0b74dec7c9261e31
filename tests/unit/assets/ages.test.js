import assert from "node:assert/strict";
import { test } from "node:test";
import { age } from "../../../app/assets/js/ages.js";

const NOW = Date.UTC(2024, 0, 1);
const ageOf = (seconds) => age(NOW - seconds * 1000, NOW);
const DAY = 86_400;

test("ages are in whole units", () => {
  assert.equal(ageOf(0), "just now");
  assert.equal(ageOf(59.9), "just now");
  assert.equal(ageOf(60), "1\u202fmin ago");
  assert.equal(ageOf(3599), "59\u202fmin ago");
  assert.equal(ageOf(3600), "1\u202fh ago");
  assert.equal(ageOf(DAY - 1), "23\u202fh ago");
});

test("days, months and years have a singular", () => {
  assert.equal(ageOf(DAY), "1\u202fday ago");
  assert.equal(ageOf(59 * DAY), "59\u202fdays ago");
  assert.equal(ageOf(60 * DAY), "1\u202fmonth ago");
  assert.equal(ageOf(100 * DAY), "3\u202fmonths ago");
  assert.equal(ageOf(730 * DAY), "1\u202fyear ago");
  assert.equal(ageOf(731 * DAY), "2\u202fyears ago");
});

test("a time in the future and an invalid one have no age", () => {
  assert.equal(ageOf(-1), "");
  assert.equal(age(NaN, NOW), "");
});
