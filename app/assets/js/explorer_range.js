// The arithmetic of a plot's view: ranges [low, high] of an axis within its extent, the range of all its data.

// Of the extent: no instrument measures more finely.
const SMALLEST_SHARE = 1 / 2000;

/** The range moved and shrunk until it lies within the extent; a tiny one grows around its middle. */
export function clampedRange([low, high], [first, last]) {
  const span = Math.max(Math.min(high - low, last - first), (last - first) * SMALLEST_SHARE);
  const begin = Math.min(Math.max((low + high - span) / 2, first), last - span);
  return [begin, begin + span];
}

/** The range zoomed by a factor around `centre`, its middle by default; a factor above 1 zooms in. */
export function zoomedRange([low, high], factor, extent, centre = (low + high) / 2) {
  return clampedRange([centre - (centre - low) / factor, centre + (high - centre) / factor], extent);
}

/** The range moved by a share of itself. */
export function pannedRange([low, high], share, extent) {
  const step = share * (high - low);
  return clampedRange([low + step, high + step], extent);
}

/** The least and the greatest of some values, null left out; [Infinity, -Infinity] without any. */
export function minMax(values) {
  const present = values.filter((value) => value !== null);
  return present.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

/** A range around values, null left out, with a margin of this share on both sides; a unit wide around one value. */
export function extentOf(values, margin) {
  const [low, high] = minMax(values);
  if (!(low < high)) return Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
  return [low - margin * (high - low), high + margin * (high - low)];
}

/** The range moved outwards to two digits of its span: 5.4 to 17.3 rather than 5.48783 to 17.2761. */
export function roundedOutwards([low, high]) {
  const digits = 1 - Math.floor(Math.log10(high - low));
  const step = 10 ** -digits;
  const round = (steps) => Number((steps * step).toFixed(Math.max(digits, 0)));
  return [round(Math.floor(low / step + 1e-6)), round(Math.ceil(high / step - 1e-6))];
}

/** Room above and below a line from `low` to `high`: a twentieth of its range, else of its value, else of 1. */
export const roomAround = (low, high) => (high - low || Math.abs(high) || 1) * 0.05;

// Of the values on each side: beyond them lie spikes rather than water masses.
const OUTLYING_SHARE = 0.005;
const ROBUST_MARGIN = 0.25;

/** The part of an extent that holds nearly all values, null left out, with a margin; the extent without outliers. */
export function robustRange(values, extent) {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
  const low = sorted[Math.floor(OUTLYING_SHARE * (sorted.length - 1))];
  const high = sorted[Math.ceil((1 - OUTLYING_SHARE) * (sorted.length - 1))];
  if (!(low < high)) return extent;
  const margin = ROBUST_MARGIN * (high - low);
  return [Math.max(low - margin, extent[0]), Math.min(high + margin, extent[1])];
}
