// Loads finer lines when the map is zoomed in. Requests are boxes of a grid, so that visitors share cached responses.
import { geojson } from "./api.js";
import { detailAt, gridBox } from "./track_detail.js";

// Missions a response: beyond it a crowded view stays coarse until the visitor zooms in further.
const LIMIT = 100;

/**
 * Requests finer lines on each move. `tracksUrl` returns the API's address; `add` receives (collection, detail).
 * Returns a function that requests those of the view again.
 */
export function refineOnMove(map, tracksUrl, add) {
  const loaded = new Set();
  const { dataset } = map.getContainer();
  let request = null;
  const refine = async () => {
    const detail = detailAt(map.getZoom());
    request?.abort();
    if (detail === "coarse") return;
    const view = map.getBounds();
    const edges = { west: view.getWest(), south: view.getSouth(), east: view.getEast(), north: view.getNorth() };
    const url = new URL(tracksUrl(), location.href);
    url.searchParams.delete("cursor");
    const parameters = { detail, bbox: gridBox(edges, map.getZoom()), limit: LIMIT };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    if (loaded.has(url.href)) return;
    request = new AbortController();
    try {
      add(await geojson(url, request.signal), detail);
      loaded.add(url.href);
      dataset.detail = detail;
    } catch {
      // The coarser lines stay on the map.
    }
  };
  map.on("moveend", refine);
  refine();
  return () => {
    loaded.clear();
    return refine();
  };
}
