// The ground that every map stands on: land, graticule, scale, and how maps behave under wheel and finger.
import L from "leaflet";
import { graticule } from "./graticule.js";
import { landLayer } from "./land_layer.js";

function bounded(map) {
  // The wheel scrolls the page until the visitor has turned to the map.
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
}

/** An empty map of the world in this element. */
export function groundMap(element, options = {}) {
  const map = L.map(element, {
    center: [20, 0],
    zoom: 1,
    minZoom: 0,
    maxZoom: 14,
    zoomSnap: 0.5,
    worldCopyJump: false,
    scrollWheelZoom: false,
    attributionControl: false,
    maxBounds: [
      [-86, -360],
      [86, 360],
    ],
    maxBoundsViscosity: 0.9,
    ...options,
  });
  L.control.attribution({ prefix: false, position: "bottomright" }).addAttribution("Land: Natural Earth").addTo(map);
  L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
  bounded(map);
  landLayer(element.dataset.land).addTo(map);
  graticule().addTo(map);
  return map;
}

/** A button on the map, as the zoom buttons are, with a sign or the path of an icon 20 units wide; returns it. */
export function mapButton(map, sign, label, act) {
  const control = L.control({ position: "topleft" });
  const bar = L.DomUtil.create("div", "leaflet-bar");
  const button = L.DomUtil.create("button", "map-button", bar);
  button.type = "button";
  if (/^M\d/.test(sign)) button.append(icon(sign));
  else button.textContent = sign;
  name(button, label);
  L.DomEvent.disableClickPropagation(bar);
  L.DomEvent.on(button, "click", act);
  control.onAdd = () => bar;
  control.addTo(map);
  return button;
}

function icon(path) {
  const part = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = part("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" });
  svg.append(part("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 2 }));
  return svg;
}

export function name(button, label) {
  button.title = label;
  button.setAttribute("aria-label", label);
}

/** Shows all of these bounds. */
export function fit(map, bounds) {
  // No closer than a view that still shows some coast: without it nobody knows where this is.
  const wide = map.getSize().x > 600;
  const padding = wide ? { paddingTopLeft: [56, 36], paddingBottomRight: [72, 40] } : { padding: [18, 30] };
  map.fitBounds(bounds, { ...padding, maxZoom: 8, animate: false });
}

/** What the API answers. Throws when it does not. */
export async function geojson(url, signal) {
  const answer = await fetch(url, { headers: { Accept: "application/geo+json" }, signal });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

/** Writes the line below a map; an empty text hides it. */
export function status(element, text) {
  const line = element.parentElement.querySelector("[data-map-status]");
  if (line) {
    line.textContent = text;
    line.hidden = !text;
  }
}
