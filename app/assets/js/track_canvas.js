// The ways of many missions on one canvas, each with a marker at its last position; quick for thousands.
import L from "leaflet";
import { finer } from "./refine.js";
import { heading, keyOf, marker, popup, positions, RECENT_MS, unroller } from "./tracks.js";

// Beyond it markers are dots on the canvas: each of the others is an element of the page.
const MARKERS_AT_MOST = 200;
const RECENT_PX = 3.5;
const BEFORE_PX = 1.75;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class Ways {
  /** `selected` hears of the mission whose popup opens (null when it closes), `marked` of the one under the pointer. */
  constructor(map, { selected, marked }) {
    this.map = map;
    this.heard = { selected, marked };
    this.missions = new Map();
    this.window = { from: null, to: null };
    this.showsPositions = true;
    this.markers = 0;
    this.renderer = L.canvas({ tolerance: 6, padding: 0.3 });
    document.addEventListener("themechange", () => this.missions.forEach((mission) => this.paint(mission)));
    map.on("moveend", () => this.missions.forEach((mission) => this.turn(mission)));
  }

  /** Draws the missions of a collection; those drawn already only become finer. Returns how many are new. */
  add(collection, detail) {
    const grouped = new Map();
    for (const feature of collection.features) {
      const key = keyOf(feature.properties);
      grouped.set(key, [...(grouped.get(key) ?? []), feature]);
    }
    const before = this.missions.size;
    for (const [key, features] of grouped) this.addOne(key, features, detail);
    this.publish();
    return this.missions.size - before;
  }

  addOne(key, features, detail) {
    const known = this.missions.get(key);
    if (known && !finer(detail, known.detail)) return;
    const way = features.find(({ properties }) => properties.kind === "track");
    const last = features.find(({ properties }) => properties.kind === "last_position");
    const lastDay = features.find(({ properties }) => properties.kind === "recent_track");
    const unroll = unroller(features);
    const place = ([lon, lat]) => [lat, unroll(lon)];
    const mission = known ?? { key, turn: 0, marked: false };
    Object.assign(mission, {
      detail,
      hidden: way.properties.hidden,
      start: Date.parse(way.properties.start_at),
      end: Date.parse(way.properties.end_at),
      lines: positions(way.geometry).length ? way.geometry.coordinates.map((line) => line.map(place)) : [],
      lastDay: lastDay ? lastDay.geometry.coordinates.map((line) => line.map(place)) : [],
      at: last ? place(last.geometry.coordinates) : null,
      last: last?.properties,
    });
    mission.recent = Date.now() - mission.end < RECENT_MS;
    this.missions.set(key, mission);
    if (!mission.at) return;
    if (!known) this.make(mission);
    this.turn(mission, true);
    this.paint(mission);
    this.place(mission);
  }

  make(mission) {
    mission.line = L.polyline([], { renderer: this.renderer, smoothFactor: 1 });
    if (mission.lastDay.length)
      mission.recentLine = L.polyline([], { renderer: this.renderer, smoothFactor: 1, interactive: false });
    mission.pin =
      this.markers++ < MARKERS_AT_MOST
        ? marker(mission.last, mission.at, heading(mission.lines))
        : L.circleMarker(mission.at, { renderer: this.renderer, radius: 3, fillOpacity: 1 });
    // Hundreds of tab stops would lock the keyboard in: the table's buttons open the same popups.
    mission.pin.options.keyboard = false;
    for (const layer of [mission.line, mission.pin]) {
      layer.unbindPopup().bindPopup(() => popup(mission.last, mission.last.at), { maxWidth: 260 });
      layer.on("mouseover", () => this.point(mission, true)).on("mouseout", () => this.point(mission, false));
      layer.on("popupopen", () => this.choose(mission, true)).on("popupclose", () => this.choose(mission, false));
    }
  }

  choose(mission, on) {
    mission.chosen = on;
    this.paint(mission);
    this.heard.selected(on ? mission.key : null);
  }

  point(mission, on) {
    this.mark(mission.key, on);
    this.heard.marked(mission.key, on);
  }

  /** Draws the copy of the world that the view is in: there is no edge at 180 degrees. */
  turn(mission, anew = false) {
    if (!mission.at || !this.map._loaded) return;
    const turn = Math.round((this.map.getCenter().lng - mission.at[1]) / 360) * 360;
    if (turn === mission.turn && !anew) return;
    mission.turn = turn;
    mission.line.setLatLngs(mission.lines.map((line) => line.map(([lat, lon]) => [lat, lon + turn])));
    mission.recentLine?.setLatLngs(mission.lastDay.map((line) => line.map(([lat, lon]) => [lat, lon + turn])));
    mission.pin.setLatLng([mission.at[0], mission.at[1] + turn]);
  }

  paint({ line, recentLine, pin, recent, marked, chosen }) {
    if (!line) return;
    const emphasis = marked || chosen;
    line.setStyle({
      color: colour(emphasis ? "--ink" : "--track"),
      weight: BEFORE_PX + (emphasis ? 2 : 0),
      opacity: emphasis ? 1 : 0.8,
    });
    recentLine?.setStyle({ color: colour("--signal"), weight: RECENT_PX + (emphasis ? 2 : 0), opacity: 1 });
    const color = colour(emphasis ? "--ink" : recent ? "--signal" : "--track");
    if (pin.setStyle) pin.setStyle({ color: colour("--surface"), fillColor: color, weight: 1 });
    else pin.getElement()?.classList.toggle("is-marked", Boolean(emphasis));
    if (emphasis && line._map) {
      line.bringToFront();
      recentLine?.bringToFront();
    }
  }

  inWindow({ start, end }) {
    return (
      (this.window.from === null || end >= this.window.from) && (this.window.to === null || start < this.window.to)
    );
  }

  place(mission) {
    if (!mission.line) return;
    const shown = this.inWindow(mission);
    const wanted = [
      [mission.line, shown],
      ...(mission.recentLine ? [[mission.recentLine, shown]] : []),
      [mission.pin, shown && this.showsPositions],
    ];
    for (const [layer, on] of wanted) {
      if (on !== this.map.hasLayer(layer)) on ? layer.addTo(this.map) : layer.remove();
    }
  }

  /** Shows only missions with data in the window; milliseconds, null for no bound. */
  showWindow(window) {
    this.window = window;
    this.replace();
  }

  showPositions(on) {
    this.showsPositions = on;
    this.replace();
  }

  replace() {
    this.missions.forEach((mission) => this.place(mission));
    this.publish();
  }

  /** Counts for the page and for tests: a canvas tells neither. */
  publish() {
    const { dataset } = this.map.getContainer();
    dataset.drawn = this.shown().filter(({ line }) => line).length;
    dataset.hidden = this.hidden();
  }

  shown() {
    return [...this.missions.values()].filter((mission) => this.inWindow(mission));
  }

  hidden() {
    return this.shown().reduce((sum, { hidden }) => sum + hidden, 0);
  }

  mark(key, on) {
    const mission = this.missions.get(key);
    if (!mission?.line) return;
    mission.marked = on;
    this.paint(mission);
  }

  /** Opens the popup of a mission that has a position; moves the map to it if asked. */
  select(key, move) {
    const mission = this.missions.get(key);
    if (!mission?.line) return false;
    if (move)
      this.map.fitBounds(L.latLngBounds([mission.at, ...mission.lines.flat()]), {
        maxZoom: 8,
        padding: [48, 48],
        animate: false,
      });
    this.turn(mission);
    (this.map.hasLayer(mission.pin) ? mission.pin : mission.line).openPopup();
    return true;
  }

  bounds() {
    return L.latLngBounds(
      this.shown()
        .filter(({ at }) => at)
        .flatMap(({ at, lines }) => [at, ...lines.flat()]),
    );
  }

  clear() {
    this.map.closePopup();
    for (const { line, recentLine, pin } of this.missions.values()) {
      line?.remove();
      recentLine?.remove();
      pin?.remove();
    }
    this.missions.clear();
    this.markers = 0;
    this.publish();
  }
}
