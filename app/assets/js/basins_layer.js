// The outlines of all basins with missions, as a layer below the tracks; a click shows the name and a link to the page.
import L from "leaflet";
import { geojson } from "./api.js";
import { unrollBox } from "./longitudes.js";
import { counted } from "./track_features.js";

function popup({ name, missions, html }) {
  const element = document.createElement("div");
  const line = (tag, text) => Object.assign(element.appendChild(document.createElement(tag)), { textContent: text });
  line("strong", name);
  line("div", counted(missions, "mission"));
  line("a", "Open the basin").href = html;
  return element;
}

function style() {
  const color = getComputedStyle(document.documentElement).getPropertyValue("--link").trim();
  return { color, fillColor: color, weight: 1, opacity: 0.75, fillOpacity: 0.1 };
}

export class BasinsLayer {
  constructor(map, url, renderer) {
    Object.assign(this, { map, url, renderer, layer: null, isShown: false });
    document.addEventListener("themechange", () => this.layer?.setStyle(style()));
  }

  async show(isShown) {
    this.isShown = isShown;
    if (isShown && !this.layer) this.layer = await this.load().catch(() => null);
    if (!this.layer) return;
    if (this.isShown) this.layer.addTo(this.map).bringToBack();
    else this.layer.remove();
    this.map.getContainer().dataset.basins = this.isShown ? this.layer.count : 0;
  }

  async load() {
    const { features } = await geojson(this.url);
    const layer = L.geoJSON(null, { style, renderer: this.renderer });
    for (const feature of features) {
      const [west, , east] = feature.bbox;
      const unroll = unrollBox(feature.bbox);
      // A basin across 180 degrees is drawn at both edges of the world.
      for (const turn of west > east ? [0, -360] : [0]) {
        layer.options.coordsToLatLng = ([lon, lat]) => L.latLng(lat, unroll(lon) + turn);
        layer.addData(feature);
      }
    }
    layer.count = features.length;
    layer.eachLayer((basin) => basin.bindPopup(() => popup(basin.feature.properties), { maxWidth: 260 }));
    return layer;
  }
}
