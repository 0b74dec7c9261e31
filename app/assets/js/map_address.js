// The state of a map in the URL's fragment, so that visitors can bookmark and send it:
// #map=zoom/lat/lon, and on the map of all missions &mission=platform/mission and &hide=layer,layer.

const NAMES = ["map", "mission", "hide"];

/** The state as {name: text}; parts with another name or a broken escape are left out. */
export function parseFragment(hash) {
  const state = {};
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [, name, text] = /^(map|mission|hide)=(.+)$/.exec(part) ?? [];
    try {
      if (name) state[name] = decodeURIComponent(text);
    } catch {
      // A broken escape: the part is ignored.
    }
  }
  return state;
}

/** The fragment of a state, `#` included; an empty string for an empty state. Slashes and commas stay readable. */
export function formatFragment(state) {
  const escaped = (text) => encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%2C", ",");
  const parts = NAMES.filter((name) => state[name]).map((name) => `${name}=${escaped(state[name])}`);
  return parts.length ? `#${parts.join("&")}` : "";
}

/** The {zoom, center} of a fragment; null without one, or with one that lies outside the map. */
export function parseView(hash) {
  const match = /^([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(parseFragment(hash).map ?? "");
  if (!match) return null;
  const [zoom, lat, lon] = match.slice(1).map(Number);
  const isInside = zoom >= 0 && zoom <= 14 && Math.abs(lat) <= 86 && Math.abs(lon) <= 360;
  return isInside ? { zoom, center: [lat, lon] } : null;
}

export const readFragment = () => parseFragment(location.hash);
export const readView = () => parseView(location.hash);

/** Changes parts of the fragment; null removes one. The rest of the URL and the browser's history stay as they are. */
export function writeFragment(changes) {
  const fragment = formatFragment({ ...readFragment(), ...changes });
  history.replaceState(null, "", location.pathname + location.search + fragment);
}

export function writeView(map) {
  const { lat, lng } = map.getCenter();
  writeFragment({ map: `${map.getZoom()}/${lat.toFixed(3)}/${lng.toFixed(3)}` });
}

/** Writes the view after each move by the visitor. */
export function writeViewOnMove(map) {
  const write = () => writeView(map);
  map.on("dragend", write);
  // A zoom by script, such as the first fit, is not a choice of the visitor.
  map.getContainer().addEventListener("click", () => map.once("moveend", write));
  map.getContainer().addEventListener("wheel", () => map.once("moveend", write), { passive: true });
}
