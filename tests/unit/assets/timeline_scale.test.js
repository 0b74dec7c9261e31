import assert from "node:assert/strict";
import { test } from "node:test";
import {
  boundDays,
  boundFilters,
  boundTimes,
  dayOf,
  handleAt,
  isoDay,
  timelineScale,
} from "../../../app/assets/js/timeline_scale.js";

const DAY_MS = 86_400_000;
const WEEK = timelineScale("2022-12-08T11:45:00Z", "2022-12-15T23:59:59Z");
const DECADE = timelineScale("2012-01-01T00:00:00Z", "2022-01-01T00:00:00Z");

test("days begin at midnight UTC", () => {
  assert.equal(dayOf("1970-01-01T23:59:59Z"), 0);
  assert.equal(dayOf("1970-01-02T00:00:00Z"), 1);
  assert.equal(dayOf("1969-12-31T23:59:59Z"), -1);
  assert.equal(isoDay(dayOf("2024-02-29T12:00:00Z")), "2024-02-29");
});

test("a short span moves by days", () => {
  assert.deepEqual(WEEK, { first: dayOf("2022-12-08"), days: 7, step: 1, last: 7 });
});

test("a long span moves by weeks, and its last handle covers the last day", () => {
  assert.deepEqual(DECADE, { first: dayOf("2012-01-01"), days: 3653, step: 7, last: 3654 });
});

test("data of one day have a span of one day", () => {
  assert.deepEqual(timelineScale("2022-12-08T01:00:00Z", "2022-12-08T02:00:00Z").last, 1);
});

test("a handle stands on the nearest step within the slider", () => {
  assert.equal(handleAt(WEEK, "2022-12-10"), 2);
  assert.equal(handleAt(WEEK, "2020-01-01"), 0);
  assert.equal(handleAt(WEEK, "2030-01-01"), 7);
  assert.equal(handleAt(DECADE, "2012-01-04"), 0);
  assert.equal(handleAt(DECADE, "2012-01-05"), 7);
});

test("a handle at its end sets no bound", () => {
  assert.deepEqual(boundDays(WEEK, 0, 7), { from: null, to: null });
  assert.deepEqual(boundDays(WEEK, 1, 7), { from: WEEK.first + 1, to: null });
  assert.deepEqual(boundDays(WEEK, 0, 6), { from: null, to: WEEK.first + 6 });
});

test("the window contains the whole of its last day", () => {
  assert.deepEqual(boundTimes({ from: 2, to: 2 }), { from: 2 * DAY_MS, to: 3 * DAY_MS });
  assert.deepEqual(boundTimes({ from: null, to: null }), { from: null, to: null });
});

test("filters are days in ISO 8601, empty without a bound", () => {
  assert.deepEqual(boundFilters({ from: 0, to: null }), { from: "1970-01-01", to: "" });
  assert.deepEqual(boundFilters({ from: null, to: 31 }), { from: "", to: "1970-02-01" });
});
