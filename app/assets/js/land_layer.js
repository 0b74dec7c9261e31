// Land: the coarse world at once, finer squares only where and when the map looks closer.
import L from "leaflet";

const MEDIUM_FROM = 4;
const FINE_FROM = 6.5;
const TURNS = [-360, 0, 360]; // The world repeats: a track across 180 degrees is drawn in one piece.

const flip = (pieces, turn) => pieces.map((rings) => rings.map((ring) => ring.map(([lon, lat]) => [lat, lon + turn])));

function colours() {
  const style = getComputedStyle(document.documentElement);
  const land = style.getPropertyValue("--map-land").trim();
  // The thin edge in the same colour closes the seams between squares.
  return { fillColor: land, color: land };
}

class Land extends L.LayerGroup {
  constructor(url) {
    super();
    this.url = url;
    this.base = url.slice(0, url.lastIndexOf("/") + 1);
    this.squares = new Map();
    this.pending = 0;
  }

  /** A file of land; `data-pending` of the map counts those still on their way. */
  async fetched(url) {
    const count = (step) => (this.map.getContainer().dataset.pending = this.pending += step);
    count(1);
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return await answer.json();
    } finally {
      count(-1);
    }
  }

  onAdd(map) {
    this.map = map;
    map.createPane("land").style.zIndex = 200;
    this.renderer = L.canvas({ pane: "land", padding: 0.3 });
    this.style = {
      renderer: this.renderer,
      pane: "land",
      weight: 1,
      fillOpacity: 1,
      interactive: false,
      smoothFactor: 0.5,
      ...colours(),
    };
    super.onAdd(map);
    map.on("moveend", this.refresh, this);
    document.addEventListener("themechange", () => this.recolour());
    this.load();
    return this;
  }

  async load() {
    try {
      this.index = await this.fetched(this.url);
    } catch {
      return; // A map without land still shows the tracks.
    }
    this.coarse = L.layerGroup(TURNS.map((turn) => L.polygon(flip(this.index.coarse, turn), this.style)));
    this.refresh();
  }

  refresh() {
    if (!this.index || !this.map._loaded) return;
    const zoom = this.map.getZoom();
    const level = zoom < MEDIUM_FROM ? null : zoom < FINE_FROM ? "medium" : "fine";
    // The coarse coast would stick out behind the fine one.
    if (level === null) this.addLayer(this.coarse);
    else this.removeLayer(this.coarse);
    const wanted = new Set(level ? this.wanted(level) : []);
    for (const [key, square] of this.squares) {
      if (!wanted.has(key)) this.removeLayer(square);
    }
    for (const key of wanted) this.show(key);
  }

  *wanted(level) {
    const { side, names } = this.index.levels[level];
    const known = new Set(names);
    const view = this.map.getBounds().pad(0.2);
    const turn = 360 / side;
    for (let x = Math.floor((view.getWest() + 180) / side); x * side - 180 < view.getEast(); x++) {
      for (let y = Math.max(0, Math.floor((view.getSouth() + 90) / side)); y * side - 90 < view.getNorth(); y++) {
        const name = `${((x % turn) + turn) % turn}_${y}`;
        if (known.has(name)) yield `${level}/${name}/${Math.floor(x / turn) * 360}`;
      }
    }
  }

  async show(key) {
    if (!this.squares.has(key)) {
      const [level, name, turn] = key.split("/");
      const square = L.layerGroup();
      this.squares.set(key, square);
      try {
        const file = this.index.levels[level].pattern.replace("{name}", name);
        const pieces = await this.fetched(this.base + file);
        square.addLayer(L.polygon(flip(pieces, Number(turn)), this.style));
      } catch {
        this.squares.delete(key);
        return;
      }
      this.refresh(); // The visitor may have moved on while it was loading.
      return;
    }
    this.addLayer(this.squares.get(key));
  }

  recolour() {
    Object.assign(this.style, colours());
    const paint = (layer) => (layer.eachLayer ? layer.eachLayer(paint) : layer.setStyle(colours()));
    if (this.coarse) paint(this.coarse);
    for (const square of this.squares.values()) paint(square);
  }
}

export const landLayer = (url) => new Land(url);
