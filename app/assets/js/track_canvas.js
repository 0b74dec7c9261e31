// The tracks of many missions on one canvas, each with a marker at its last position; fast for thousands.
import L from "leaflet";
import { nearestTurn } from "./longitudes.js";
import { marker, moveMarker, popup } from "./markers.js";
import {
  byMission,
  heading,
  isReportedPosition,
  lastOf,
  positions,
  RECENT_MS,
  unrollFeatures,
} from "./track_features.js";
import { isFiner } from "./track_detail.js";

// Further missions get a dot on the canvas: each marker is an element of the page.
const MAX_MARKERS = 200;
const RECENT_WIDTH_PX = 3.5;
const EARLIER_WIDTH_PX = 1.75;
const EMPHASIS_PX = 2;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const ofKind = (features, kind) => features.find(({ properties }) => properties.kind === kind);

/** The style of a dot: a ring for a reported position, in the colour of the legend, as the marker is. */
function dotStyle({ last, isRecent }, isEmphasised) {
  if (isReportedPosition(last)) {
    return { color: colour(isEmphasised ? "--ink" : "--muted"), fillColor: colour("--surface"), weight: 2 };
  }
  const fillColor = colour(isEmphasised ? "--ink" : isRecent ? "--signal" : "--track");
  return { color: colour("--surface"), fillColor, weight: 1 };
}

const moved = (lines, turn) => lines.map((line) => line.map(([lat, lon]) => [lat, lon + turn]));

export class TrackCanvas {
  /** `onSelect` receives the key of the mission whose popup opens, null when it closes; `onMark` (key, isMarked). */
  constructor(map, { onSelect, onMark }) {
    this.map = map;
    this.onSelect = onSelect;
    this.onMark = onMark;
    this.missions = new Map();
    this.window = { from: null, to: null };
    this.showsPositions = true;
    this.markers = 0;
    this.renderer = L.canvas({ tolerance: 6, padding: 0.3 });
    document.addEventListener("themechange", () => this.missions.forEach((mission) => this.paint(mission)));
    map.on("moveend", () => this.missions.forEach((mission) => this.turn(mission)));
  }

  /**
   * Draws the missions of a collection. A mission that is drawn already is replaced if `detail` is finer, or if
   * `isNewer` and its data have changed.
   */
  add(collection, detail, isNewer = false) {
    for (const [key, features] of byMission(collection.features)) this.addMission(key, features, detail, isNewer);
    this.publishCounts();
  }

  addMission(key, features, detail, isNewer) {
    const previous = this.missions.get(key);
    const last = lastOf(features);
    const stamp = JSON.stringify([ofKind(features, "track").properties, last?.properties]);
    const isChanged = isNewer && previous && previous.stamp !== stamp;
    if (previous && !isChanged && !isFiner(detail, previous.detail)) return;
    const track = ofKind(features, "track");
    const recent = ofKind(features, "recent_track");
    const unroll = unrollFeatures(features);
    const toLatLng = ([lon, lat]) => [lat, unroll(lon)];
    const toLines = ({ coordinates }) => coordinates.map((line) => line.map(toLatLng));
    const mission = previous ?? { key, offset: 0, isMarked: false };
    Object.assign(mission, {
      detail,
      stamp,
      hidden: track.properties.hidden,
      start: Date.parse(track.properties.start_at),
      end: Date.parse(track.properties.end_at),
      lines: positions(track.geometry).length ? toLines(track.geometry) : [],
      recentLines: recent ? toLines(recent.geometry) : [],
      at: last ? toLatLng(last.geometry.coordinates) : null,
      last: last?.properties,
      position: last?.geometry.coordinates,
    });
    mission.isRecent = Date.now() - mission.end < RECENT_MS;
    this.missions.set(key, mission);
    if (!mission.at) return;
    if (!mission.line) this.createLayers(mission);
    else if (isChanged) this.updateLayers(mission);
    this.turn(mission, true);
    this.paint(mission);
    this.showOrHide(mission);
  }

  lineOptions() {
    return { renderer: this.renderer, smoothFactor: 1 };
  }

  createRecentLine(mission) {
    if (mission.recentLine || !mission.recentLines.length) return;
    mission.recentLine = L.polyline([], { ...this.lineOptions(), interactive: false });
  }

  updateLayers(mission) {
    this.createRecentLine(mission);
    if (!mission.pin.setIcon) return;
    moveMarker(mission.pin, mission.last, mission.position, mission.at, heading(mission.lines));
  }

  createLayers(mission) {
    mission.line = L.polyline([], this.lineOptions());
    this.createRecentLine(mission);
    mission.pin =
      this.markers++ < MAX_MARKERS
        ? marker(mission.last, mission.position, mission.at, heading(mission.lines))
        : L.circleMarker(mission.at, { renderer: this.renderer, radius: 3, fillOpacity: 1 });
    for (const layer of [mission.line, mission.pin]) {
      layer.unbindPopup().bindPopup(() => popup(mission.last, mission.position), { maxWidth: 260 });
      layer.on("mouseover", () => this.point(mission, true)).on("mouseout", () => this.point(mission, false));
      layer.on("popupopen", () => this.choose(mission, true)).on("popupclose", () => this.choose(mission, false));
    }
  }

  choose(mission, isChosen) {
    mission.isChosen = isChosen;
    this.paint(mission);
    this.onSelect(isChosen ? mission.key : null);
  }

  point(mission, isMarked) {
    this.mark(mission.key, isMarked);
    this.onMark(mission.key, isMarked);
  }

  /** Moves a mission to the copy of the world that the view shows: the map has no edge at 180 degrees. */
  turn(mission, isChanged = false) {
    if (!mission.at || !this.map._loaded) return;
    const [lat, lon] = mission.at;
    const offset = nearestTurn(this.map.getCenter().lng, lon);
    if (offset === mission.offset && !isChanged) return;
    mission.offset = offset;
    mission.line.setLatLngs(moved(mission.lines, offset));
    mission.recentLine?.setLatLngs(moved(mission.recentLines, offset));
    mission.pin.setLatLng([lat, lon + offset]);
  }

  paint(mission) {
    const { line, recentLine, pin, isMarked, isChosen } = mission;
    if (!line) return;
    const isEmphasised = Boolean(isMarked || isChosen);
    const wider = isEmphasised ? EMPHASIS_PX : 0;
    line.setStyle({
      color: colour(isEmphasised ? "--ink" : "--track"),
      weight: EARLIER_WIDTH_PX + wider,
      opacity: isEmphasised ? 1 : 0.8,
    });
    recentLine?.setStyle({ color: colour("--signal"), weight: RECENT_WIDTH_PX + wider, opacity: 1 });
    if (pin.setStyle) pin.setStyle(dotStyle(mission, isEmphasised));
    else pin.getElement()?.classList.toggle("is-marked", isEmphasised);
    if (isEmphasised && line._map) {
      line.bringToFront();
      recentLine?.bringToFront();
    }
  }

  isInWindow({ start, end }) {
    const { from, to } = this.window;
    return (from === null || end >= from) && (to === null || start < to);
  }

  showOrHide(mission) {
    if (!mission.line) return;
    const isShown = this.isInWindow(mission);
    const toggle = (layer, isOn) => {
      if (isOn === this.map.hasLayer(layer)) return;
      if (isOn) layer.addTo(this.map);
      else layer.remove();
    };
    toggle(mission.line, isShown);
    if (mission.recentLine) toggle(mission.recentLine, isShown);
    toggle(mission.pin, isShown && this.showsPositions);
  }

  /** Shows only missions with data in the window {from, to}: milliseconds, null for no bound. */
  showWindow(window) {
    this.window = window;
    this.refresh();
  }

  showPositions(isOn) {
    this.showsPositions = isOn;
    this.refresh();
  }

  refresh() {
    this.missions.forEach((mission) => this.showOrHide(mission));
    this.publishCounts();
  }

  /** Writes the counts into the map's attributes for the page and the tests: a canvas has no elements to count. */
  publishCounts() {
    const { dataset } = this.map.getContainer();
    dataset.drawn = this.shown().filter(({ line }) => line).length;
    dataset.hidden = this.hidden();
  }

  shown() {
    return [...this.missions.values()].filter((mission) => this.isInWindow(mission));
  }

  hidden() {
    return this.shown().reduce((sum, { hidden }) => sum + hidden, 0);
  }

  mark(key, isMarked) {
    const mission = this.missions.get(key);
    if (!mission?.line) return;
    mission.isMarked = isMarked;
    this.paint(mission);
  }

  /** Opens the popup of a mission, false if it has no position. The map moves to the mission first if `isMoving`. */
  select(key, isMoving) {
    const mission = this.missions.get(key);
    if (!mission?.line) return false;
    if (isMoving) {
      const bounds = L.latLngBounds([mission.at, ...mission.lines.flat()]);
      this.map.fitBounds(bounds, { maxZoom: 8, padding: [48, 48], animate: false });
    }
    this.turn(mission);
    (this.map.hasLayer(mission.pin) ? mission.pin : mission.line).openPopup();
    return true;
  }

  bounds() {
    const located = this.shown().filter(({ at }) => at);
    return L.latLngBounds(located.flatMap(({ at, lines }) => [at, ...lines.flat()]));
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
    this.publishCounts();
  }
}
