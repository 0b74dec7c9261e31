// Tracks and last positions as elements of the page, for maps of few missions; list entries and map mark each other.
import L from "leaflet";
import { focusPopup, marker } from "./markers.js";
import { byMission, heading, missionKey, unrollFeatures } from "./track_features.js";

// Beyond it labels cover the tracks.
const MAX_LABELS = 24;

/** Hides labels that would overlap; the newest missions come first and keep theirs. */
function hideOverlappingLabels(pins) {
  const visible = [];
  for (const pin of pins) {
    const label = pin.getTooltip()?.getElement();
    if (!label) continue;
    label.classList.remove("label-hidden");
    const box = label.getBoundingClientRect();
    const overlaps = visible.some(
      (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
    );
    label.classList.toggle("label-hidden", overlaps);
    if (!overlaps) visible.push(box);
  }
}

const ofKind = (features, kind) => features.filter(({ properties }) => properties.kind === kind);

const toLatLngs = ({ coordinates }, unroll) => coordinates.map((line) => line.map(([lon, lat]) => [lat, unroll(lon)]));

/** Draws one mission; returns its lines, its pin and its bounds. */
function drawMission(map, features, unroll) {
  const group = { lines: [], pin: null, bounds: L.latLngBounds([]) };
  let latLngs = [];
  for (const { geometry } of ofKind(features, "track")) {
    if (!geometry) continue;
    latLngs = toLatLngs(geometry, unroll);
    for (const [className, weight] of [
      ["track-casing", 6],
      ["track", 2.5],
    ]) {
      group.lines.push(L.polyline(latLngs, { className, weight, interactive: false }).addTo(map));
    }
    group.bounds.extend(L.latLngBounds(latLngs.flat()));
  }
  // The last day lies on top of the whole track.
  for (const { geometry } of ofKind(features, "recent_track")) {
    const options = { className: "track-recent", weight: 4.5, interactive: false };
    L.polyline(toLatLngs(geometry, unroll), options).addTo(map);
  }
  for (const { geometry, properties } of ofKind(features, "last_position")) {
    const [lon, lat] = geometry.coordinates;
    const at = [lat, unroll(lon)];
    group.pin = marker(properties, geometry.coordinates, at, heading(latLngs)).addTo(map);
    group.bounds.extend(at);
  }
  return group;
}

function addLabel(pin, text) {
  pin.bindTooltip(text, { permanent: true, direction: "auto", offset: [12, 0], className: "map-label" });
}

/**
 * Draws all missions; returns their bounds, the number of profiles without a drawable position, and `refine`, which
 * replaces the lines of drawn missions by finer ones. `unroll` moves longitudes; without it each mission has its own.
 */
export function drawTracks(map, collection, element, unroll) {
  const bounds = L.latLngBounds([]);
  const drawn = new Map();
  let hidden = 0;
  for (const [key, features] of byMission(collection.features)) {
    const group = drawMission(map, features, unroll ?? unrollFeatures(features));
    for (const { properties } of ofKind(features, "track")) hidden += properties.hidden ?? 0;
    if (group.pin && element.dataset.map === "fleet" && drawn.size < MAX_LABELS) {
      addLabel(group.pin, ofKind(features, "last_position").at(-1).properties.serial);
    }
    if (group.bounds.isValid()) bounds.extend(group.bounds);
    drawn.set(key, group);
  }
  const pins = [...drawn.values()].map(({ pin }) => pin).filter(Boolean);
  map.on("zoomend moveend", () => hideOverlappingLabels(pins));
  map.whenReady(() => hideOverlappingLabels(pins));
  for (const [key, group] of drawn) linkToList(map, key, group);

  const refine = (finer) => {
    for (const { geometry, properties } of ofKind(finer.features, "track")) {
      const group = drawn.get(missionKey(properties));
      if (!geometry || !group) continue;
      const latLngs = toLatLngs(geometry, unroll ?? unrollFeatures([{ geometry }]));
      for (const line of group.lines) line.setLatLngs(latLngs);
    }
  };
  return { bounds, hidden, refine };
}

/** Marks the list entry and the track of a mission together, and starts the entry's button. */
function linkToList(map, key, { lines, pin, bounds }) {
  const entry = document.querySelector(`[data-track="${CSS.escape(key)}"]`);
  if (!entry) return;
  const mark = (isMarked) => {
    entry.classList.toggle("is-marked", isMarked);
    pin?.getElement()?.classList.toggle("is-marked", isMarked);
    for (const line of lines) line.getElement()?.classList.toggle("is-marked", isMarked);
  };
  for (const type of ["mouseenter", "focusin"]) entry.addEventListener(type, () => mark(true));
  for (const type of ["mouseleave", "focusout"]) entry.addEventListener(type, () => mark(false));
  pin?.on("mouseover popupopen", () => mark(true)).on("mouseout popupclose", () => mark(false));
  const button = entry.querySelector("[data-show]");
  if (button && bounds.isValid()) {
    button.hidden = false;
    button.addEventListener("click", ({ detail }) => {
      map.fitBounds(bounds, { maxZoom: 8, padding: [48, 48] });
      pin?.openPopup();
      // Clicks of a mouse have a count.
      if (!detail) focusPopup(map, button);
    });
  }
}
