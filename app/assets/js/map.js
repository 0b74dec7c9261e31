// Starts a map in every [data-map] of the page; its data come from the API.
import { geojson } from "./api.js";
import { startArchive } from "./archive.js";
import { baseMap, fit, mapButton, showStatus } from "./base_map.js";
import { drawBasinOutline } from "./basin_outline.js";
import { current } from "./live_state.js";
import { readView, writeViewOnMove } from "./map_address.js";
import { refineOnMove } from "./refine.js";
import { isReportedPosition, omissions } from "./track_features.js";
import { drawTracks } from "./tracks.js";

const FIT_LABELS = { fleet: "Show the whole fleet", basin: "Show the whole basin" };

async function start(element) {
  const map = baseMap(element);
  const isFleet = element.dataset.map === "fleet";
  try {
    const urls = [element.dataset.tracks, element.dataset.area];
    const [collection, outline] = await Promise.all(urls.map((url) => url && geojson(url)));
    const basin = outline && drawBasinOutline(map, outline);
    const drawn = drawTracks(map, collection, element, basin?.unroll);
    // A basin's map shows the basin: tracks may lead out of it.
    const bounds = basin?.bounds ?? drawn.bounds;
    const view = isFleet ? readView() : null;
    if (view) map.setView(view.center, view.zoom);
    else if (bounds.isValid()) fit(map, bounds);
    if (bounds.isValid()) {
      mapButton(map, "⤢", FIT_LABELS[element.dataset.map] ?? "Show the whole track", () => fit(map, bounds));
    }
    let refineAgain = null;
    if (isFleet) {
      writeViewOnMove(map);
      refineAgain = refineOnMove(map, () => element.dataset.tracks, drawn.refine);
    }
    document.addEventListener("livechange", ({ detail }) => update(element, drawn, detail.number, refineAgain));
    showStatus(element, omissions(drawn.hidden, collection));
    showReportedKey(element, collection);
    element.dataset.ready = "true";
  } catch {
    showStatus(element, "The tracks cannot be loaded at the moment; the table lists the same missions.");
    element.dataset.ready = "failed";
  }
}

/** Shows the line that explains the ring of reported positions, if the map has one. */
function showReportedKey(element, { features }) {
  const line = element.closest("section")?.querySelector("[data-reported-key]");
  if (line) line.hidden = !features.some(({ properties }) => isReportedPosition(properties));
}

/** Draws what has changed. The view, an open popup and the table stay as they are. */
async function update(element, drawn, number, refineAgain) {
  try {
    const response = await current(element.dataset.tracks, number, "application/geo+json");
    const collection = await response.json();
    showStatus(element, omissions(drawn.update(collection), collection));
    showReportedKey(element, collection);
    refineAgain?.();
    element.dataset.updated = String(number);
  } catch {
    // The map shows the tracks of before; the next change draws these, too.
  }
}

for (const element of document.querySelectorAll("[data-map]")) {
  if (element.dataset.map === "archive") startArchive(element);
  else start(element);
}
