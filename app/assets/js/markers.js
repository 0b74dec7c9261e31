// Markers at last positions, and the popups of missions.
import L from "leaflet";
import { age } from "./ages.js";
import { showCopyButtons } from "./copying.js";
import { inDecimals, inMinutes } from "./position_text.js";
import { isReportedPosition, missionName, RECENT_MS } from "./track_features.js";

/** The content of a mission's popup, from its last position [lon, lat]. */
export function popup(properties, coordinates) {
  const box = document.createElement("div");
  const line = (tag, text, className = "") => {
    const element = box.appendChild(document.createElement(tag));
    element.textContent = text;
    element.className = className;
    return element;
  };
  const hasName = properties.name && properties.name !== properties.serial;
  line("strong", hasName ? `${properties.serial} ${properties.name}` : properties.serial);
  line("div", `Mission ${missionName(properties)}`);
  if (properties.simulated) line("div", "Simulated", "map-simulated");
  const { at } = properties;
  const isReported = isReportedPosition(properties);
  const kind = isReported ? "Reported position" : "Last position";
  line("div", `${kind} ${at.slice(0, 16).replace("T", " ")} UTC (${age(Date.parse(at))})`, "map-when");
  if (isReported) line("div", reportNote(properties), "map-when");
  line("div", inMinutes(coordinates));
  line("div", inDecimals(coordinates), "map-when");
  const copy = Object.assign(line("button", "Copy position", "copy"), { type: "button", hidden: true });
  copy.dataset.copy = inDecimals(coordinates);
  showCopyButtons(box);
  // A sailbuoy stays at the surface.
  if (properties.max_depth_m) line("div", `Last profile ${Math.round(properties.max_depth_m)}\u202fm deep`);
  const link = line("a", "Open the mission");
  link.href = properties.html;
  return box;
}

/** What a reported position is; `accuracy_m` is null if its sender states none. */
function reportNote({ accuracy_m: accuracyM }) {
  if (accuracyM === null) return "Not from profile data";
  const accuracy = accuracyM < 1000 ? `${Math.round(accuracyM)}\u202fm` : `${(accuracyM / 1000).toFixed(1)}\u202fkm`;
  return `Not from profile data; accuracy ${accuracy}`;
}

const isRecentAt = ({ at }) => Date.now() - Date.parse(at) < RECENT_MS;

/** The icon of a marker that points along `course`; a ring for a reported position, whose course is unknown. */
function iconOf(properties, course) {
  const icon = document.createElement("span");
  icon.classList.add("marker");
  icon.classList.toggle("marker-recent", isRecentAt(properties));
  const shape = icon.appendChild(document.createElement("span"));
  if (isReportedPosition(properties)) {
    shape.className = "marker-ring";
  } else {
    icon.classList.toggle("marker-sailbuoy", properties.platform_kind === "sailbuoy");
    shape.className = "marker-arrow";
    shape.style.transform = `rotate(${course}deg)`;
  }
  return L.divIcon({ className: "marker-box", html: icon, iconSize: [26, 26] });
}

/** A marker at [lat, lon] that points along `course`, degrees from north; `coordinates` are those of the API. */
export function marker(properties, coordinates, at, course) {
  const pin = L.marker(at, {
    icon: iconOf(properties, course),
    title: `${properties.serial}, mission ${missionName(properties)}`,
    // Hundreds of tab stops would trap the keyboard: the buttons of the table open the same popups.
    keyboard: false,
    riseOnHover: true,
    zIndexOffset: isRecentAt(properties) ? 1000 : 0,
  });
  pin.bindPopup(() => popup(properties, coordinates), { maxWidth: 260 });
  return pin;
}

/** Moves a marker to a newer position. An open popup stays open, and keeps its content while it has the focus. */
export function moveMarker(pin, properties, coordinates, at, course) {
  pin.setLatLng(at).setIcon(iconOf(properties, course));
  const open = pin.getPopup();
  if (!open.getElement()?.contains(document.activeElement)) open.setContent(() => popup(properties, coordinates));
}

/**
 * Moves the focus into the popup that has just opened, and back to `opener` when it closes with the focus in it: for
 * visitors who use the keyboard.
 */
export function focusPopup(map, opener) {
  // A popup that was open before fades out: the new one is the last of the map.
  const box = [...map.getContainer().querySelectorAll(".leaflet-popup")].at(-1);
  if (!box) return;
  box.querySelector(".leaflet-popup-content a")?.focus();
  const restore = (event) => {
    if (event.popup.getElement() !== box) return;
    map.off("popupclose", restore);
    // Closed because another button was pressed, the focus is on that button. A removed popup leaves it to the page.
    const { activeElement } = document;
    const isFree = activeElement === document.body || box.contains(activeElement);
    if (isFree && opener.isConnected) opener.focus();
  };
  map.on("popupclose", restore);
}
