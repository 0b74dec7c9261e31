// The columns of a section or a series: the time that each covers, in milliseconds.

const TIME_TITLE = "Time (UTC)";
const DISTANCE_TITLE = "Distance along the track (km)";

/** {begins, middles, ends, extent} of the columns. An extent is at least a minute wide. */
export function timesOf({ time_from, time, time_to }) {
  const [begins, middles, ends] = [time_from, time, time_to].map((texts) => texts.map((text) => Date.parse(text)));
  const width = Math.max(ends.at(-1) - begins[0], 60_000);
  return { begins, middles, ends, extent: [begins[0], begins[0] + width] };
}

/** The same along `time` or, in kilometres, along `distance`; `axis` is that of the plot. */
export function alongOf(data, axis, times) {
  if (axis !== "distance") return { ...times, axis: { title: TIME_TITLE, isTime: true, extent: times.extent } };
  const { distance_from_m, distance_m, distance_to_m } = data;
  const [begins, middles, ends] = [distance_from_m, distance_m, distance_to_m].map((all) => all.map((m) => m / 1000));
  const extent = [begins[0], Math.max(ends.at(-1), begins[0] + 0.001)];
  return { begins, middles, ends, axis: { title: DISTANCE_TITLE, extent } };
}

/** The index of the column that covers a time or a distance; -1 in a gap. */
export const columnAt = (begins, ends, place) => begins.findIndex((begin, i) => begin <= place && place <= ends[i]);

/** The index of the column that is `by` columns after the one nearest to a time; the first or the last at the edges. */
export function columnBeside(middles, ms, by) {
  const distance = (i) => Math.abs(middles[i] - ms);
  const nearest = middles.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0);
  return Math.min(middles.length - 1, Math.max(0, nearest + by));
}
