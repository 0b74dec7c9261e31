// The basins that missions have been in, as a layer below the tracks; a click tells the name and leads to the page.
import L from "leaflet";
import { geojson } from "./base_map.js";

/** A longitude of a basin across 180 degrees stays in one piece with the others. */
const unrolled = (bbox) => (lon) => (bbox[0] > bbox[2] && lon < 0 ? lon + 360 : lon);

function box({ name, missions, html }) {
  const element = document.createElement("div");
  const line = (tag, text) => Object.assign(element.appendChild(document.createElement(tag)), { textContent: text });
  line("strong", name);
  line("div", `${missions} ${missions === 1 ? "mission" : "missions"}`);
  line("a", "Open the basin").href = html;
  return element;
}

function style() {
  const color = getComputedStyle(document.documentElement).getPropertyValue("--link").trim();
  return { color, fillColor: color, weight: 1, opacity: 0.75, fillOpacity: 0.1 };
}

export class Outlines {
  constructor(map, url, renderer) {
    Object.assign(this, { map, url, renderer, layer: null, wanted: false });
    document.addEventListener("themechange", () => this.layer?.setStyle(style()));
  }

  async show(on) {
    this.wanted = on;
    if (on && !this.layer) this.layer = await this.load().catch(() => null);
    if (!this.layer) return;
    if (this.wanted) this.layer.addTo(this.map).bringToBack();
    else this.layer.remove();
    this.map.getContainer().dataset.basins = this.wanted ? this.layer.count : 0;
  }

  async load() {
    const { features } = await geojson(this.url);
    const layer = L.geoJSON(null, { style, renderer: this.renderer });
    for (const feature of features) {
      const unroll = unrolled(feature.bbox);
      // One across 180 degrees is seen from both sides of the world.
      for (const turn of feature.bbox[0] > feature.bbox[2] ? [0, -360] : [0]) {
        layer.options.coordsToLatLng = ([lon, lat]) => L.latLng(lat, unroll(lon) + turn);
        layer.addData(feature);
      }
    }
    layer.count = features.length;
    layer.eachLayer((area) => area.bindPopup(() => box(area.feature.properties), { maxWidth: 260 }));
    return layer;
  }
}
