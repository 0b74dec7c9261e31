// The outlines of all basins with missions, as a layer below the tracks; a click shows the name and a link to the page.
import L from "leaflet";
import { geojson } from "./api.js";
import { extentOf, linesWithoutSeam, unrollBox } from "./longitudes.js";
import { counted } from "./track_features.js";

// Wider basins are oceans: their fill would cover the map.
const MAX_FILLED_DEG = 60;

function popup({ name, missions, html }) {
  const element = document.createElement("div");
  const line = (tag, text) => Object.assign(element.appendChild(document.createElement(tag)), { textContent: text });
  line("strong", name);
  line("div", counted(missions, "mission"));
  line("a", "Open the basin").href = html;
  return element;
}

const linkColour = () => getComputedStyle(document.documentElement).getPropertyValue("--link").trim();

const fillOf = ({ bbox }) => ({
  fillColor: linkColour(),
  fillOpacity: extentOf(bbox).width > MAX_FILLED_DEG ? 0 : 0.1,
  stroke: false,
});

const lineStyle = () => ({ color: linkColour(), weight: 1, opacity: 0.75 });

export class BasinsLayer {
  constructor(map, url, renderer) {
    Object.assign(this, { map, url, renderer, drawn: null, isShown: false });
    document.addEventListener("themechange", () => {
      this.drawn?.areas.setStyle(fillOf);
      this.drawn?.lines.setStyle(lineStyle());
    });
  }

  async show(isShown) {
    this.isShown = isShown;
    if (isShown && !this.drawn) this.drawn = await this.load().catch(() => null);
    if (!this.drawn) return;
    const { areas, lines, count } = this.drawn;
    for (const layer of [lines, areas]) {
      if (this.isShown) layer.addTo(this.map).bringToBack();
      else layer.remove();
    }
    this.map.getContainer().dataset.basins = this.isShown ? count : 0;
  }

  async load() {
    const { features } = await geojson(this.url);
    const areas = L.geoJSON(null, { style: fillOf, renderer: this.renderer });
    const lines = L.featureGroup();
    // The smallest first: each is moved to the back in this order, so that a click selects the smallest.
    const size = ({ bbox }) => extentOf(bbox).width * extentOf(bbox).height;
    for (const feature of [...features].sort((one, other) => size(one) - size(other))) {
      const [west, , east] = feature.bbox;
      const unroll = unrollBox(feature.bbox);
      // A basin across 180 degrees is drawn at both edges of the world.
      for (const turn of west > east ? [0, -360] : [0]) {
        const toLatLng = ([lon, lat]) => L.latLng(lat, unroll(lon) + turn);
        areas.options.coordsToLatLng = toLatLng;
        areas.addData(feature);
        const paths = linesWithoutSeam(feature.geometry).map((path) => path.map(toLatLng));
        L.polyline(paths, { ...lineStyle(), renderer: this.renderer, interactive: false }).addTo(lines);
      }
    }
    areas.eachLayer((basin) => basin.bindPopup(() => popup(basin.feature.properties), { maxWidth: 260 }));
    return { areas, lines, count: features.length };
  }
}
