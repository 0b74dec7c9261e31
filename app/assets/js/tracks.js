// Tracks and last positions from the API's GeoJSON; list entries and map answer to each other.
import L from "leaflet";
import { age } from "./ages.js";

export const RECENT_MS = 24 * 3600 * 1000;
const LABELS_AT_MOST = 24;

export const keyOf = (properties) => `${properties.platform}/${properties.mission}`;

/** Degrees by which to move a longitude, so that a mission across 180 degrees stays in one piece. */
export function unroller(features) {
  const lons = features.flatMap(({ geometry }) => positions(geometry).map(([lon]) => lon));
  const west = lons.filter((lon) => lon < 0);
  const crosses = west.length > 0 && west.length < lons.length && Math.max(...lons) - Math.min(...lons) > 180;
  return (lon) => (crosses && lon < 0 ? lon + 360 : lon);
}

export function positions(geometry) {
  if (!geometry) return [];
  if (geometry.type === "Point") return [geometry.coordinates];
  return geometry.type === "MultiLineString" ? geometry.coordinates.flat() : geometry.coordinates;
}

export function popup(properties, at) {
  const box = document.createElement("div");
  const line = (tag, text, className = "") => {
    const element = box.appendChild(document.createElement(tag));
    element.textContent = text;
    element.className = className;
    return element;
  };
  const known = properties.name && properties.name !== properties.serial;
  line("strong", known ? `${properties.serial} ${properties.name}` : properties.serial);
  line("div", `Mission ${properties.mission}`);
  if (properties.simulated) line("div", "Simulated", "map-simulated");
  line("div", `Last position ${at.slice(0, 16).replace("T", " ")} UTC (${age(Date.parse(at))})`, "map-when");
  // A sailbuoy stays at the surface.
  if (properties.max_depth_m) line("div", `Last profile ${Math.round(properties.max_depth_m)}\u202fm deep`);
  const link = line("a", "Open the mission");
  link.href = properties.html;
  return box;
}

export function marker(properties, at, heading) {
  const recent = Date.now() - Date.parse(properties.at) < RECENT_MS;
  const icon = document.createElement("span");
  icon.className = `marker${recent ? " marker-recent" : ""}${properties.platform_kind === "sailbuoy" ? " marker-sailbuoy" : ""}`;
  const arrow = icon.appendChild(document.createElement("span"));
  arrow.className = "marker-arrow";
  arrow.style.transform = `rotate(${heading}deg)`;
  const pin = L.marker(at, {
    icon: L.divIcon({ className: "marker-box", html: icon, iconSize: [26, 26] }),
    title: `${properties.serial}, mission ${properties.mission}`,
    alt: `${properties.serial}, mission ${properties.mission}: last position`,
    riseOnHover: true,
    zIndexOffset: recent ? 1000 : 0,
  });
  pin.bindPopup(() => popup(properties, properties.at), { maxWidth: 260 });
  return pin;
}

/** Course over ground of the last step, degrees from north, on the Mercator map. */
export function heading(lines) {
  const last = lines.at(-1)?.slice(-2);
  if (!last || last.length < 2) return 0;
  const [from, to] = last.map(([lat, lon]) => L.CRS.EPSG3857.project(L.latLng(lat, lon)));
  return (Math.atan2(to.x - from.x, to.y - from.y) * 180) / Math.PI;
}

/** Hides labels that would lie on another one; the newest missions come first and win. */
function declutter(map, pins) {
  const taken = [];
  for (const pin of pins) {
    const label = pin.getTooltip()?.getElement();
    if (!label) continue;
    label.classList.remove("label-hidden");
    const box = label.getBoundingClientRect();
    const clash = taken.some(
      (o) => box.left < o.right && o.left < box.right && box.top < o.bottom && o.top < box.bottom,
    );
    label.classList.toggle("label-hidden", clash);
    if (!clash) taken.push(box);
  }
}

/**
 * Draws everything; returns the bounds of it and how many profiles have no drawable position.
 * `turn` says where longitudes go when not each mission decides for itself.
 */
export function drawTracks(map, collection, element, turn) {
  const byMission = new Map();
  for (const feature of collection.features) {
    const key = keyOf(feature.properties);
    if (!byMission.has(key)) byMission.set(key, []);
    byMission.get(key).push(feature);
  }
  const bounds = L.latLngBounds([]);
  const drawn = new Map();
  let hidden = 0;
  for (const [key, features] of byMission) {
    const unroll = turn ?? unroller(features);
    const group = { lines: [], pin: null, bounds: L.latLngBounds([]) };
    let lines = [];
    for (const { geometry, properties } of features) {
      if (properties.kind !== "track") continue;
      hidden += properties.hidden ?? 0;
      if (!geometry) continue;
      lines = geometry.coordinates.map((line) => line.map(([lon, lat]) => [lat, unroll(lon)]));
      for (const className of ["track-casing", "track"]) {
        group.lines.push(
          L.polyline(lines, { className, weight: className === "track-casing" ? 6 : 2.5, interactive: false }).addTo(
            map,
          ),
        );
      }
      group.bounds.extend(L.latLngBounds(lines.flat()));
    }
    // The last day lies on top of the whole way.
    for (const { geometry, properties } of features) {
      if (properties.kind !== "recent_track") continue;
      const part = geometry.coordinates.map((line) => line.map(([lon, lat]) => [lat, unroll(lon)]));
      L.polyline(part, { className: "track-recent", weight: 4.5, interactive: false }).addTo(map);
    }
    for (const { geometry, properties } of features) {
      if (properties.kind !== "last_position") continue;
      const at = [geometry.coordinates[1], unroll(geometry.coordinates[0])];
      group.pin = marker(properties, at, heading(lines)).addTo(map);
      group.bounds.extend(at);
      if (element.dataset.map === "fleet" && drawn.size < LABELS_AT_MOST) {
        group.pin.bindTooltip(properties.serial, {
          permanent: true,
          direction: "auto",
          offset: [12, 0],
          className: "map-label",
        });
      }
    }
    if (group.bounds.isValid()) bounds.extend(group.bounds);
    drawn.set(key, group);
  }
  const pins = [...drawn.values()].map(({ pin }) => pin).filter(Boolean);
  map.on("zoomend moveend", () => declutter(map, pins));
  map.whenReady(() => declutter(map, pins));
  answerEachOther(map, drawn);
  /** Takes finer lines of missions that are drawn. */
  const refine = (finer) => {
    for (const { geometry, properties } of finer.features) {
      const group = drawn.get(keyOf(properties));
      if (properties.kind !== "track" || !geometry || !group) continue;
      const unroll = turn ?? unroller([{ geometry }]);
      for (const line of group.lines)
        line.setLatLngs(geometry.coordinates.map((part) => part.map(([lon, lat]) => [lat, unroll(lon)])));
    }
  };
  return { bounds, hidden, refine };
}

function answerEachOther(map, drawn) {
  for (const [key, { lines, pin, bounds }] of drawn) {
    const entry = document.querySelector(`[data-track="${CSS.escape(key)}"]`);
    if (!entry) continue;
    const mark = (on) => {
      entry.classList.toggle("is-marked", on);
      pin?.getElement()?.classList.toggle("is-marked", on);
      for (const line of lines) line.getElement()?.classList.toggle("is-marked", on);
    };
    for (const type of ["mouseenter", "focusin"]) entry.addEventListener(type, () => mark(true));
    for (const type of ["mouseleave", "focusout"]) entry.addEventListener(type, () => mark(false));
    pin?.on("mouseover popupopen", () => mark(true)).on("mouseout popupclose", () => mark(false));
    const button = entry.querySelector("[data-show]");
    if (button && bounds.isValid()) {
      button.hidden = false;
      button.addEventListener("click", () => {
        map.fitBounds(bounds, { maxZoom: 8, padding: [48, 48] });
        pin?.openPopup();
      });
    }
  }
}
