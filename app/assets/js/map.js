// Every [data-map] on the page becomes a map; what it draws comes from the API.
import { drawArea } from "./basin_outline.js";
import { startArchive } from "./archive.js";
import { fit, geojson, groundMap, mapButton, status } from "./base_map.js";
import { keepRefined } from "./refine.js";
import { drawTracks } from "./tracks.js";
import { rememberView, restoreView } from "./map_address.js";

const WHOLE = { fleet: "Show the whole fleet", basin: "Show the whole basin" };

/** What the map leaves out, in words. */
function omissions(hidden, collection) {
  const said = [];
  const missions = new Set(collection.features.map(({ properties }) => `${properties.platform}/${properties.mission}`))
    .size;
  if (collection.next) said.push(`Showing the newest ${missions} missions.`);
  if (hidden) said.push(`${hidden} ${hidden === 1 ? "position" : "positions"} hidden: no valid fix.`);
  return said.join(" ");
}

async function start(element) {
  const map = groundMap(element);
  try {
    const [collection, outline] = await Promise.all(
      [element.dataset.tracks, element.dataset.area].map((url) => url && geojson(url)),
    );
    const area = outline && drawArea(map, outline);
    const drawn = drawTracks(map, collection, element, area?.turn);
    // A basin's map shows the basin: tracks may lead out of it.
    const bounds = area?.bounds ?? drawn.bounds;
    const view = element.dataset.map === "fleet" ? restoreView() : null;
    if (view) map.setView(view.center, view.zoom);
    else if (bounds.isValid()) fit(map, bounds);
    if (bounds.isValid())
      mapButton(map, "⤢", WHOLE[element.dataset.map] ?? "Show the whole track", () => fit(map, bounds));
    if (element.dataset.map === "fleet") {
      rememberView(map);
      keepRefined(map, () => element.dataset.tracks, drawn.refine);
    }
    status(element, omissions(drawn.hidden, collection));
    element.dataset.ready = "true";
  } catch (error) {
    status(element, "The tracks cannot be loaded at the moment; the table holds the same missions.");
    element.dataset.ready = "failed";
  }
}

for (const element of document.querySelectorAll("[data-map]")) {
  if (element.dataset.map === "archive") startArchive(element);
  else start(element);
}
