// The view of a figure in the URL's fragment:
// #section-temperature&x=…,…&y=…,…&colours=…,…&by=…&along=…&quality=…&profile=…
// The first part is the figure's own anchor, so that the link also works without scripts.

const VIEW = ["x", "y", "colours", "by", "along", "quality"];
const NAMES = [...VIEW, "profile"];

/** The anchor and the state as {name: text}; parts with another name or a broken escape are left out. */
export function parseAddress(hash) {
  const [anchor, ...parts] = hash.replace(/^#/, "").split("&");
  const state = {};
  for (const part of parts) {
    const [name, text] = part.split("=");
    try {
      if (NAMES.includes(name) && text) state[name] = decodeURIComponent(text);
    } catch {
      // A broken escape: the part is ignored.
    }
  }
  return { anchor, state };
}

/** The fragment of an anchor and a state, `#` included. Commas and colons stay readable. */
export function formatAddress(anchor, state) {
  const escaped = (text) => encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3A", ":");
  const parts = NAMES.filter((name) => state[name]).map((name) => `${name}=${escaped(state[name])}`);
  return `#${[anchor, ...parts].join("&")}`;
}

/** True if a state describes the view of a plot. */
export const hasView = (state) => VIEW.some((name) => state[name]);

export const readAddress = () => parseAddress(location.hash);

/** Sets the anchor and changes parts of the state; null removes one. The browser's history stays as it is. */
export function writeAddress(anchor, changes) {
  const fragment = formatAddress(anchor, { ...readAddress().state, ...changes });
  history.replaceState(null, "", location.pathname + location.search + fragment);
}

/** "1.5,2" as numbers, "2022-12-08T00:00:00Z,…" as milliseconds; null unless it is a range whose start is less. */
export function parseRange(text, isTime = false) {
  const parsed = (bound) => (isTime ? Date.parse(bound) : bound.trim() === "" ? NaN : Number(bound));
  const bounds = (text ?? "").split(",").map(parsed);
  return bounds.length === 2 && bounds.every(Number.isFinite) && bounds[0] < bounds[1] ? bounds : null;
}
