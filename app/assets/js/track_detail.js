// Levels of detail of tracks, and the boxes for which a map requests them.
import { wrapped } from "./longitudes.js";

const LEVELS = ["coarse", "medium", "fine"];
// A pixel of the Mercator map is 360 / 256 / 2^zoom degrees: the next level is loaded before kinks become visible.
const MEDIUM_FROM_ZOOM = 6;
const FINE_FROM_ZOOM = 9;

/** The level that a map of this zoom needs. */
export function detailAt(zoom) {
  if (zoom >= FINE_FROM_ZOOM) return "fine";
  return zoom >= MEDIUM_FROM_ZOOM ? "medium" : "coarse";
}

export const isFiner = (level, other) => LEVELS.indexOf(level) > LEVELS.indexOf(other);

/**
 * The view widened to the cells of a grid, as the API takes a box: "west,south,east,north" in degrees. Views of
 * neighbours share cells and therefore cached responses. Longitudes are in [-180, 180): west is greater than east in a
 * box across 180 degrees.
 */
export function gridBox({ west, south, east, north }, zoom) {
  const side = 90 / 2 ** Math.max(0, Math.floor(zoom) - 2);
  const [left, bottom] = [west, south].map((edge) => Math.floor(edge / side) * side);
  const [right, top] = [east, north].map((edge) => Math.ceil(edge / side) * side);
  const [first, last] = right - left >= 360 ? [-180, 180] : [wrapped(left), wrapped(right)];
  return [first, Math.max(-90, bottom), last, Math.min(90, top)].map((edge) => Number(edge.toFixed(4))).join(",");
}
