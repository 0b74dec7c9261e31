// The map below every layer of data: land, graticule, scale, and its behaviour under wheel and finger.
import L from "leaflet";
import { graticule } from "./graticule.js";
import { landLayer } from "./land_layer.js";

function scrollPageFirst(map) {
  // The wheel scrolls the page until the visitor has clicked or focused the map.
  map.on("focus click", () => map.scrollWheelZoom.enable());
  map.on("blur", () => map.scrollWheelZoom.disable());
}

/** A map of the world without data in this element. */
export function baseMap(element, options = {}) {
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
  scrollPageFirst(map);
  landLayer(element.dataset.land).addTo(map);
  graticule().addTo(map);
  return map;
}

/** Adds a button below the zoom buttons and returns it. `sign` is a character or the path of an icon 20 units wide. */
export function mapButton(map, sign, label, onClick) {
  const control = L.control({ position: "topleft" });
  const bar = L.DomUtil.create("div", "leaflet-bar");
  const button = L.DomUtil.create("button", "map-button", bar);
  button.type = "button";
  if (/^M\d/.test(sign)) button.append(icon(sign));
  else button.textContent = sign;
  labelButton(button, label);
  L.DomEvent.disableClickPropagation(bar);
  L.DomEvent.on(button, "click", onClick);
  control.onAdd = () => bar;
  control.addTo(map);
  return button;
}

function icon(path) {
  const svgElement = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const svg = svgElement("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" });
  svg.append(svgElement("path", { d: path, fill: "none", stroke: "currentColor", "stroke-width": 2 }));
  return svg;
}

export function labelButton(button, label) {
  button.title = label;
  button.setAttribute("aria-label", label);
}

/** Moves the map so that all of these bounds are visible. */
export function fit(map, bounds) {
  const isWide = map.getSize().x > 600;
  const padding = isWide ? { paddingTopLeft: [56, 36], paddingBottomRight: [72, 40] } : { padding: [18, 30] };
  // Not closer than zoom 8: the view should include some coast, which shows where on the globe it is.
  map.fitBounds(bounds, { ...padding, maxZoom: 8, animate: false });
}

/** Shows a text in the line below a map, with a button {label, onClick} if given; an empty text hides the line. */
export function showStatus(element, text, action = null) {
  const line = element.parentElement.querySelector("[data-map-status]");
  if (!line) return;
  line.textContent = text;
  line.hidden = !text;
  if (!action) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show-on-map";
  button.textContent = action.label;
  button.addEventListener("click", action.onClick);
  line.append(" ", button);
}
