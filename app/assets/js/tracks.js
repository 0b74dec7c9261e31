// Tracks and last positions as elements of the page, for maps of few missions; list entries and map mark each other.
import L from "leaflet";
import { focusPopup, marker, moveMarker } from "./markers.js";
import { byMission, heading, lastOf, missionKey, unrollFeatures } from "./track_features.js";

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

/** Draws one mission; returns its lines, its pin and its bounds. `pin`: a marker that is drawn already. */
function drawMission(map, features, unroll, pin = null) {
  const group = { lines: [], recent: [], pin: null, bounds: L.latLngBounds([]), text: JSON.stringify(features) };
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
    group.recent.push(L.polyline(toLatLngs(geometry, unroll), options).addTo(map));
  }
  const last = lastOf(features);
  if (last) {
    const { geometry, properties } = last;
    const [lon, lat] = geometry.coordinates;
    const at = [lat, unroll(lon)];
    const course = heading(latLngs);
    if (pin) moveMarker(pin, properties, geometry.coordinates, at, course);
    group.pin = pin ?? marker(properties, geometry.coordinates, at, course).addTo(map);
    group.bounds.extend(at);
  }
  return group;
}

function erase({ lines, recent }) {
  for (const line of [...lines, ...recent]) line.remove();
}

function addLabel(pin, text) {
  pin.bindTooltip(text, { permanent: true, direction: "auto", offset: [12, 0], className: "map-label" });
}

/**
 * Draws all missions; returns their bounds, the number of profiles without a drawable position, `refine`, which
 * replaces the lines of drawn missions by finer ones, and `update`, which draws what is new in a later collection.
 * `unroll` moves longitudes; without it each mission has its own.
 */
export function drawTracks(map, collection, element, unroll) {
  const bounds = L.latLngBounds([]);
  const drawn = new Map();

  const draw = (key, features) => {
    const before = drawn.get(key);
    if (before?.text === JSON.stringify(features)) return;
    if (before) erase(before);
    const group = drawMission(map, features, unroll ?? unrollFeatures(features), before?.pin);
    if (!group.pin) before?.pin?.remove();
    if (group.pin && !before?.pin && element.dataset.map === "fleet" && drawn.size < MAX_LABELS) {
      addLabel(group.pin, lastOf(features).properties.serial);
    }
    if (group.bounds.isValid()) bounds.extend(group.bounds);
    drawn.set(key, Object.assign(before ?? {}, group));
  };
  const update = ({ features }) => {
    const missions = byMission(features);
    for (const [key, group] of drawn) {
      if (missions.has(key)) continue;
      erase(group);
      group.pin?.remove();
      drawn.delete(key);
    }
    for (const [key, of] of missions) draw(key, of);
    for (const [key, group] of drawn) linkToList(map, key, group);
    hideOverlappingLabels(pins());
    return ofKind(features, "track").reduce((sum, { properties }) => sum + (properties.hidden ?? 0), 0);
  };
  const pins = () => [...drawn.values()].map(({ pin }) => pin).filter(Boolean);
  map.on("zoomend moveend", () => hideOverlappingLabels(pins()));
  const hidden = update(collection);
  map.whenReady(() => hideOverlappingLabels(pins()));

  const refine = (finer) => {
    for (const { geometry, properties } of ofKind(finer.features, "track")) {
      const group = drawn.get(missionKey(properties));
      if (!geometry || !group) continue;
      const latLngs = toLatLngs(geometry, unroll ?? unrollFeatures([{ geometry }]));
      for (const line of group.lines) line.setLatLngs(latLngs);
    }
  };
  return { bounds, hidden, refine, update };
}

/** Marks the list entry and the track of a mission together, and starts the entry's button. */
function linkToList(map, key, group) {
  const entry = document.querySelector(`[data-track="${CSS.escape(key)}"]`);
  // Live events call this again: for new entries, and for those that were linked before their mission had a position.
  if (!entry || (group.entry === entry && group.linkedPin === group.pin)) return;
  Object.assign(group, { entry, linkedPin: group.pin });
  const mark = (isMarked) => {
    group.entry.classList.toggle("is-marked", isMarked);
    group.pin?.getElement()?.classList.toggle("is-marked", isMarked);
    for (const line of group.lines) line.getElement()?.classList.toggle("is-marked", isMarked);
  };
  for (const type of ["mouseenter", "focusin"]) entry.addEventListener(type, () => mark(true));
  for (const type of ["mouseleave", "focusout"]) entry.addEventListener(type, () => mark(false));
  group.pin?.on("mouseover popupopen", () => mark(true)).on("mouseout popupclose", () => mark(false));
  const button = entry.querySelector("[data-show]");
  if (button && group.bounds.isValid()) {
    button.hidden = false;
    button.addEventListener("click", ({ detail }) => {
      map.fitBounds(group.bounds, { maxZoom: 8, padding: [48, 48] });
      group.pin?.openPopup();
      // Clicks of a mouse have a count.
      if (!detail) focusPopup(map, button);
    });
  }
}
