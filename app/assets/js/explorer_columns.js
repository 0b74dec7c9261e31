// The columns of a section or a series: the time that each covers, in milliseconds.

export const TIME_TITLE = "Time (UTC)";

/** {begins, middles, ends, extent} of the columns. An extent is at least a minute wide. */
export function timesOf({ time_from, time, time_to }) {
  const [begins, middles, ends] = [time_from, time, time_to].map((texts) => texts.map((text) => Date.parse(text)));
  const width = Math.max(ends.at(-1) - begins[0], 60_000);
  return { begins, middles, ends, extent: [begins[0], begins[0] + width] };
}

/** The index of the column that covers a time; -1 in a gap. */
export const columnAt = (begins, ends, ms) => begins.findIndex((begin, i) => begin <= ms && ms <= ends[i]);

/** The index of the column that is `by` columns after the one nearest to a time; the first or the last at the edges. */
export function columnBeside(middles, ms, by) {
  const distance = (i) => Math.abs(middles[i] - ms);
  const nearest = middles.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  return Math.min(middles.length - 1, Math.max(0, nearest + by));
}
