import assert from "node:assert/strict";
import { test } from "node:test";
import { numberTicks, timeTicks } from "../../../app/assets/js/explorer_ticks.js";

const texts = (ticks) => ticks.map(([, text]) => text);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("numbers are round and within the range", () => {
  assert.deepEqual(numberTicks([0, 10], 5), [
    [0, "0"],
    [2, "2"],
    [4, "4"],
    [6, "6"],
    [8, "8"],
    [10, "10"],
  ]);
  assert.deepEqual(texts(numberTicks([3.2, 9.9], 7)), ["4", "5", "6", "7", "8", "9"]);
});

test("numbers have the decimals of their step and a minus sign of typography", () => {
  assert.deepEqual(texts(numberTicks([-0.25, 0.25], 5)), ["−0.2", "−0.1", "0.0", "0.1", "0.2"]);
  assert.deepEqual(texts(numberTicks([0.001, 0.0042], 4)), ["0.001", "0.002", "0.003", "0.004"]);
  assert.deepEqual(texts(numberTicks([0, 25_000], 3)), ["0", "10000", "20000"]);
});

test("binary rounding loses no tick at the end of the range", () => {
  assert.deepEqual(texts(numberTicks([0.1, 0.3], 2)), ["0.1", "0.2", "0.3"]);
});

test("a range without width has no ticks", () => {
  assert.deepEqual(numberTicks([5, 5], 4), []);
  assert.deepEqual(numberTicks([0, 0], 4), []);
});

test("room for less than one tick still gives round numbers", () => {
  assert.deepEqual(texts(numberTicks([0, 9], 0.5)), ["0"]);
});

test("hours are written as clock times, midnights as days", () => {
  const begin = Date.UTC(2022, 11, 8, 11, 45);
  assert.deepEqual(timeTicks([begin, begin + DAY], 4), [
    [Date.UTC(2022, 11, 8, 12), "12:00"],
    [Date.UTC(2022, 11, 8, 18), "18:00"],
    [Date.UTC(2022, 11, 9, 0), "2022-12-09"],
    [Date.UTC(2022, 11, 9, 6), "06:00"],
  ]);
});

test("minutes for a short range", () => {
  const begin = Date.UTC(2022, 11, 8, 11, 45);
  assert.deepEqual(texts(timeTicks([begin, begin + 10 * 60_000], 5)), ["11:46", "11:48", "11:50", "11:52", "11:54"]);
});

test("a range from tick to tick includes both", () => {
  assert.deepEqual(texts(timeTicks([0, 2 * DAY], 2)), ["1970-01-01", "1970-01-02", "1970-01-03"]);
});

test("months for a year, and Januaries are written as years", () => {
  const ticks = timeTicks([Date.UTC(2021, 10, 15), Date.UTC(2022, 4, 20)], 7);
  assert.deepEqual(ticks[0], [Date.UTC(2021, 11, 1), "2021-12"]);
  assert.deepEqual(texts(ticks), ["2021-12", "2022", "2022-02", "2022-03", "2022-04", "2022-05"]);
});

test("years for decades", () => {
  assert.deepEqual(texts(timeTicks([Date.UTC(2000, 0), Date.UTC(2020, 0)], 5)), [
    "2000",
    "2005",
    "2010",
    "2015",
    "2020",
  ]);
});

test("months before 1970", () => {
  assert.deepEqual(texts(timeTicks([Date.UTC(1969, 9, 2), Date.UTC(1970, 1, 2)], 2)), ["1970"]);
});
