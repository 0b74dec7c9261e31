// The spacing of meridians and parallels, and how degrees are written.
import { wrapped } from "./longitudes.js";

const STEPS_DEG = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 90];
export const LABEL_WIDTH_PX = 76; // Room for the longest label, "179.95° W".

// The line that names the source of the land, below, 18 px, and the height of a label above it, 20 px.
const ATTRIBUTION_PX = 38;
const CORNER_PX = 4;

/** True if the label of a parallel at `y` covers neither the corner above nor the source of the land below. */
export const isLatitudeLabelFree = (y, height) => y >= CORNER_PX && y <= height - ATTRIBUTION_PX;

/** The smallest step in degrees at which labels do not overlap on a map that shows `span` degrees on `width` pixels. */
export const graticuleStep = (span, width) =>
  STEPS_DEG.find((step) => (step / span) * (width || 1) >= LABEL_WIDTH_PX) ?? STEPS_DEG.at(-1);

function degrees(value, digits, side) {
  return `${Math.abs(value).toFixed(digits)}°${side ? `\u202f${side}` : ""}`;
}

const digitsOf = (step) => (step >= 1 ? 0 : step >= 0.1 ? 1 : 2);

/** `179° W`, with the decimals of `step`; the meridians 0 and 180 have no side. */
export function longitudeLabel(lon, step) {
  const value = wrapped(lon);
  const side = value === 0 || Math.abs(value) === 180 ? "" : value > 0 ? "E" : "W";
  return degrees(value, digitsOf(step), side);
}

/** `55.5° N`, with the decimals of `step`; the equator has no side. */
export function latitudeLabel(lat, step) {
  return degrees(lat, digitsOf(step), lat === 0 ? "" : lat > 0 ? "N" : "S");
}
