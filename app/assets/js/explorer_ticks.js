// Round values for axes, and how values and times are written. Times are UTC, in milliseconds.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIME_STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  4 * DAY,
  7 * DAY,
  14 * DAY,
];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const UNITS = { degree_C: "°C", Celsius: "°C", degrees_C: "°C", 1: "", degrees: "°", degree: "°" };

export const minus = (text) => String(text).replace("-", "−");
export const titled = (name, unit) => (unit ? `${name} (${unit})` : name);

/** A variable's name as people write it. */
export function called(variable) {
  const words = variable.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** A unit as people write it, as the page does. */
export function unitShown(unit) {
  const known = UNITS[unit ?? ""] ?? unit ?? "";
  return known.replace(
    /([A-Za-z])(-?\d+)\b/g,
    (_, letter, power) => letter + [...power].map((sign) => RAISED[sign]).join(""),
  );
}

/** A moment in words: 8 Dec 2022, 11:45:52 UTC. */
export function moment(ms) {
  const at = new Date(ms);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 19)} UTC`;
}

/** At most `count` round numbers in the range, as [value, text]. */
export function numberTicks([low, high], count) {
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough * 0.999);
  const digits = Math.min(Math.max(0, -Math.floor(Math.log10(step) + 1e-9)), 10);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    ticks.push([i * step, minus((i * step + 0).toFixed(digits))]);
  return ticks;
}

/** At most `count` round moments in the range, as [value, text]. */
export function timeTicks([low, high], count) {
  const rough = (high - low) / Math.max(count, 1);
  const step = TIME_STEPS.find((size) => size >= rough);
  if (!step) return monthTicks(low, high, rough);
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push([at, clock(at)]);
  return ticks;
}

function clock(ms) {
  const at = new Date(ms);
  if (ms % DAY === 0) return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}`;
  return at.toISOString().slice(11, 16);
}

function monthTicks(low, high, rough) {
  const step = MONTH_STEPS.find((months) => months * 30 * DAY >= rough) ?? MONTH_STEPS.at(-1);
  const ticks = [];
  const first = (new Date(low).getUTCFullYear() - 1970) * 12 + new Date(low).getUTCMonth();
  for (let month = Math.floor(first / step) * step; Date.UTC(1970, month) <= high; month += step) {
    const at = Date.UTC(1970, month);
    if (at < low) continue;
    const begin = new Date(at);
    ticks.push([at, begin.getUTCMonth() === 0 ? String(begin.getUTCFullYear()) : MONTHS[begin.getUTCMonth()]]);
  }
  return ticks;
}
