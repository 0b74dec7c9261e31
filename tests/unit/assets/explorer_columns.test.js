import assert from "node:assert/strict";
import { test } from "node:test";
import { columnAt, columnBeside, timesOf } from "../../../app/assets/js/explorer_columns.js";

const at = (minute) => new Date(minute * 60_000).toISOString();

test("columns have their times in milliseconds, and the extent reaches from the first to the last", () => {
  const times = timesOf({ time_from: [at(0), at(10)], time: [at(2), at(12)], time_to: [at(4), at(14)] });
  assert.deepEqual(times, {
    begins: [0, 600_000],
    middles: [120_000, 720_000],
    ends: [240_000, 840_000],
    extent: [0, 840_000],
  });
});

test("an extent is at least a minute wide", () => {
  assert.deepEqual(timesOf({ time_from: [at(1)], time: [at(1)], time_to: [at(1)] }).extent, [60_000, 120_000]);
});

test("a time in a gap lies in no column; both edges of a column belong to it", () => {
  const [begins, ends] = [
    [0, 10],
    [4, 14],
  ];
  assert.deepEqual(
    [0, 4, 5, 10, 14, 15, -1].map((ms) => columnAt(begins, ends, ms)),
    [0, 0, -1, 1, 1, -1, -1],
  );
});

test("a step goes from the nearest column to its neighbour and stops at the edges", () => {
  const middles = [0, 10, 20];
  assert.equal(columnBeside(middles, 11, 0), 1);
  assert.equal(columnBeside(middles, 11, 1), 2);
  assert.equal(columnBeside(middles, 19, 1), 2);
  assert.equal(columnBeside(middles, -99, -1), 0);
});
