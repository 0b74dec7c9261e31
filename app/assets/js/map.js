// Every [data-map] on the page becomes a map; what it draws comes from the API.
import L from "leaflet";
import { drawArea } from "./area.js";
import { graticule } from "./graticule.js";
import { landLayer } from "./land.js";
import { drawTracks } from "./tracks.js";
import { rememberView, restoreView } from "./view.js";

const WHOLE = { fleet: "Show the whole fleet", basin: "Show the whole basin" };

function status(element, text) {
  const line = element.parentElement.querySelector("[data-map-status]");
  if (line) {
    line.textContent = text;
    line.hidden = !text;
  }
}

function bounded(map) {
  // The wheel scrolls the page until the visitor has turned to the map.
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
}

function wholeButton(map, bounds, label) {
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const bar = L.DomUtil.create("div", "leaflet-bar");
    const button = L.DomUtil.create("button", "map-button", bar);
    button.type = "button";
    button.textContent = "⤢";
    button.title = label;
    button.setAttribute("aria-label", label);
    L.DomEvent.disableClickPropagation(bar);
    L.DomEvent.on(button, "click", () => fit(map, bounds));
    return bar;
  };
  control.addTo(map);
}

function fit(map, bounds) {
  // No closer than a view that still shows some coast: without it nobody knows where this is.
  const wide = map.getSize().x > 600;
  const padding = wide ? { paddingTopLeft: [56, 36], paddingBottomRight: [72, 40] } : { padding: [18, 30] };
  map.fitBounds(bounds, { ...padding, maxZoom: 8, animate: false });
}

async function geojson(url) {
  const answer = await fetch(url, { headers: { Accept: "application/geo+json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** What the map leaves out, in words. */
function omissions(hidden, collection) {
  const said = [];
  const missions = new Set(collection.features.map(({ properties }) => `${properties.platform}/${properties.mission}`)).size;
  if (collection.next) said.push(`The map holds the newest ${missions} missions only.`);
  if (hidden) said.push(`${hidden} ${hidden === 1 ? "profile" : "profiles"} hidden: no valid position.`);
  return said.join(" ");
}

async function start(element) {
  const map = L.map(element, {
    center: [20, 0],
    zoom: 1,
    minZoom: 0,
    maxZoom: 14,
    zoomSnap: 0.5,
    worldCopyJump: false,
    scrollWheelZoom: false,
    attributionControl: false,
    maxBounds: [[-86, -360], [86, 360]],
    maxBoundsViscosity: 0.9,
  });
  L.control.attribution({ prefix: false, position: "bottomright" }).addAttribution("Land: Natural Earth").addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  bounded(map);
  landLayer(element.dataset.land).addTo(map);
  graticule().addTo(map);
  try {
    const [collection, outline] = await Promise.all([element.dataset.tracks, element.dataset.area].map((url) => url && geojson(url)));
    const area = outline && drawArea(map, outline);
    const drawn = drawTracks(map, collection, element, area?.turn);
    // A basin's map shows the basin: tracks may lead out of it.
    const bounds = area?.bounds ?? drawn.bounds;
    const view = element.dataset.map === "fleet" ? restoreView() : null;
    if (view) map.setView(view.center, view.zoom);
    else if (bounds.isValid()) fit(map, bounds);
    if (bounds.isValid()) wholeButton(map, bounds, WHOLE[element.dataset.map] ?? "Show the whole track");
    if (element.dataset.map === "fleet") rememberView(map);
    status(element, omissions(drawn.hidden, collection));
    element.dataset.ready = "true";
  } catch (error) {
    status(element, "The tracks cannot be loaded at the moment; the table holds the same missions.");
    element.dataset.ready = "failed";
  }
}

for (const element of document.querySelectorAll("[data-map]")) start(element);
