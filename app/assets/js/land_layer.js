// Land: the coarse world at once, finer tiles only for the view of a map that is zoomed in.
import L from "leaflet";
import { landLevelAt, tilesInView } from "./land_grid.js";

const TURNS = [-360, 0, 360]; // The world repeats: a track across 180 degrees is drawn in one piece.

const toLatLng = (polygons, turn) =>
  polygons.map((rings) => rings.map((ring) => ring.map(([lon, lat]) => [lat, lon + turn])));

function colours() {
  const style = getComputedStyle(document.documentElement);
  const land = style.getPropertyValue("--map-land").trim();
  // The thin edge in the same colour closes the seams between tiles.
  return { fillColor: land, color: land };
}

class LandLayer extends L.LayerGroup {
  constructor(url) {
    super();
    this.url = url;
    this.base = url.slice(0, url.lastIndexOf("/") + 1);
    this.tiles = new Map();
    this.pending = 0;
  }

  /** A file of land; `data-pending` of the map counts the requests that are running. */
  async load(url) {
    const count = (step) => (this.map.getContainer().dataset.pending = this.pending += step);
    count(1);
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return await response.json();
    } finally {
      count(-1);
    }
  }

  onAdd(map) {
    this.map = map;
    map.createPane("land").style.zIndex = 200;
    this.renderer = L.canvas({ pane: "land", padding: 0.3 });
    const fixed = { renderer: this.renderer, pane: "land", weight: 1, fillOpacity: 1, interactive: false };
    this.style = { ...fixed, smoothFactor: 0.5, ...colours() };
    super.onAdd(map);
    map.on("moveend", this.refresh, this);
    document.addEventListener("themechange", () => this.recolour());
    this.start();
    return this;
  }

  async start() {
    try {
      this.index = await this.load(this.url);
    } catch {
      return; // A map without land still shows the tracks.
    }
    const world = (turn) => L.polygon(toLatLng(this.index.coarse, turn), this.style);
    this.coarse = L.layerGroup(TURNS.map(world));
    this.refresh();
  }

  refresh() {
    if (!this.index || !this.map._loaded) return;
    const level = landLevelAt(this.map.getZoom());
    // The coarse coast would be visible behind the fine one.
    if (level === null) this.addLayer(this.coarse);
    else this.removeLayer(this.coarse);
    const wanted = new Map(level ? this.tilesOf(level) : []);
    for (const [key, tile] of this.tiles) {
      if (!wanted.has(key)) this.removeLayer(tile);
    }
    for (const [key, { url, turn }] of wanted) this.show(key, url, turn);
  }

  /** The tiles of the view as [key, {url, turn}]. */
  tilesOf(level) {
    const { side, names, pattern } = this.index.levels[level];
    const view = this.map.getBounds().pad(0.2);
    const edges = { west: view.getWest(), south: view.getSouth(), east: view.getEast(), north: view.getNorth() };
    return tilesInView(edges, side, new Set(names)).map(({ name, turn }) => [
      `${level}/${name}/${turn}`,
      { url: this.base + pattern.replace("{name}", name), turn },
    ]);
  }

  async show(key, url, turn) {
    if (this.tiles.has(key)) {
      this.addLayer(this.tiles.get(key));
      return;
    }
    const tile = L.layerGroup();
    this.tiles.set(key, tile);
    try {
      tile.addLayer(L.polygon(toLatLng(await this.load(url), turn), this.style));
    } catch {
      this.tiles.delete(key); // The next move requests it again.
      return;
    }
    this.refresh(); // The view may have moved during the request.
  }

  recolour() {
    Object.assign(this.style, colours());
    const paint = (layer) => (layer.eachLayer ? layer.eachLayer(paint) : layer.setStyle(colours()));
    if (this.coarse) paint(this.coarse);
    for (const tile of this.tiles.values()) paint(tile);
  }
}

export const landLayer = (url) => new LandLayer(url);
