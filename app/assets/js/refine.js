// Finer lines where the map looks closer: asked for by boxes of a grid, so that neighbours ask for the same answers.
import { geojson } from "./base_map.js";

// A pixel of the Mercator map is 360 / 256 / 2^zoom degrees: lines change to the next detail before kinks show.
const MEDIUM_FROM = 6;
const FINE_FROM = 9;
const FINENESS = ["coarse", "medium", "fine"];
// The rest of a crowded view stays coarse until it is looked at more closely.
const AT_MOST = 100;

export const detailAt = (zoom) => (zoom >= FINE_FROM ? "fine" : zoom >= MEDIUM_FROM ? "medium" : "coarse");
export const finer = (one, other) => FINENESS.indexOf(one) > FINENESS.indexOf(other);

const turned = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;

/** The view widened to a grid, as the API takes a box. */
function box(map) {
  const view = map.getBounds();
  const side = 90 / 2 ** Math.max(0, Math.floor(map.getZoom()) - 2);
  const [west, south] = [view.getWest(), view.getSouth()].map((edge) => Math.floor(edge / side) * side);
  const [east, north] = [view.getEast(), view.getNorth()].map((edge) => Math.ceil(edge / side) * side);
  const sides = east - west >= 360 ? [-180, 180] : [turned(west), turned(east)];
  return [sides[0], Math.max(-90, south), sides[1], Math.min(90, north)]
    .map((edge) => Number(edge.toFixed(4)))
    .join(",");
}

/** Keeps the lines as fine as the view: `add` gets (collection, detail) whenever more is known. `tracks` gives the address. */
export function keepRefined(map, tracks, add) {
  const known = new Set();
  const { dataset } = map.getContainer();
  let asked = null;
  const look = async () => {
    const detail = detailAt(map.getZoom());
    asked?.abort();
    if (detail === "coarse") return;
    const url = new URL(tracks(), location.href);
    url.searchParams.delete("cursor");
    for (const [name, value] of Object.entries({ detail, bbox: box(map), limit: AT_MOST }))
      url.searchParams.set(name, value);
    if (known.has(url.href)) return;
    asked = new AbortController();
    try {
      add(await geojson(url, asked.signal), detail);
      known.add(url.href);
      dataset.detail = detail;
    } catch {
      // The coarser lines stay: they show the same way.
    }
  };
  map.on("moveend", look);
  look();
}
