// The arithmetic of the time slider: a handle stands on whole steps between the first and the last day of the data.
// Days are counted from 1970-01-01 UTC. A handle at its end of the slider sets no bound.

export const DAY_MS = 86_400_000;
const LONG_SPAN_DAYS = 1500; // Beyond it a key press moves a handle by a week: a day would be less than a pixel.

export const dayOf = (text) => Math.floor(Date.parse(text) / DAY_MS);
export const isoDay = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The scale of data between two times in ISO 8601: {first, days, step, last}. Handles stand at 0, step, … last. */
export function timelineScale(from, to) {
  const first = dayOf(from);
  const days = Math.max(1, dayOf(to) - first);
  const step = days > LONG_SPAN_DAYS ? 7 : 1;
  return { first, days, step, last: Math.ceil(days / step) * step };
}

/** The place of a handle for a day in ISO 8601, on a step and within the slider. */
export function handleAt({ first, step, last }, text) {
  return Math.min(last, Math.max(0, Math.round((dayOf(text) - first) / step) * step));
}

/** The bounds that two handles set, as days; null where a handle sets none. */
export function boundDays({ first, last }, low, high) {
  return { from: low === 0 ? null : first + low, to: high === last ? null : first + high };
}

/** Bounds as milliseconds: from the start of the first day to the end of the last. */
export function boundTimes({ from, to }) {
  return { from: from === null ? null : from * DAY_MS, to: to === null ? null : (to + 1) * DAY_MS };
}

/** Bounds as days in ISO 8601, as the filters of the page take them; empty where there is none. */
export function boundFilters({ from, to }) {
  return { from: from === null ? "" : isoDay(from), to: to === null ? "" : isoDay(to) };
}
