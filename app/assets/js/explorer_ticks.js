// Round values for axes. Times are UTC, in milliseconds.
import { minus } from "./explorer_text.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 4, 7, 14].map((days) => days * DAY),
];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];

/** Round numbers in the range, in at most `count` steps, as [value, text]. */
export function numberTicks([low, high], count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const digits = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 10);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    const value = i * step + 0; // Adding 0 turns a negative zero into 0.
    ticks.push([value, minus(value.toFixed(digits))]);
  }
  return ticks;
}

/** Round times in the range, in at most `count` steps, as [value, text]. */
export function timeTicks([low, high], count) {
  const rough = (high - low) / Math.max(count, 1);
  const step = TIME_STEPS.find((size) => size >= rough);
  if (!step) return monthTicks(low, high, rough);
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push([at, dayOrClock(at)]);
  return ticks;
}

function dayOrClock(ms) {
  const at = new Date(ms);
  return ms % DAY === 0 ? at.toISOString().slice(0, 10) : at.toISOString().slice(11, 16);
}

function monthTicks(low, high, rough) {
  const step = MONTH_STEPS.find((months) => months * 30 * DAY >= rough) ?? MONTH_STEPS.at(-1);
  const ticks = [];
  const first = (new Date(low).getUTCFullYear() - 1970) * 12 + new Date(low).getUTCMonth();
  for (let month = Math.floor(first / step) * step; Date.UTC(1970, month) <= high; month += step) {
    const at = Date.UTC(1970, month);
    if (at < low) continue;
    const begin = new Date(at);
    ticks.push([at, begin.toISOString().slice(0, begin.getUTCMonth() === 0 ? 4 : 7)]);
  }
  return ticks;
}
