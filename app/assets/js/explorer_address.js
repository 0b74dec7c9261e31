// What the visitor looks at, in the URL's fragment: #section-temperature&x=…,…&y=…,…&colours=…,…&by=…&profile=…
// The first part is the figure's own anchor, so that the link leads there without scripts, too.

const NAMES = ["x", "y", "colours", "by", "profile"];

/** The anchor, and what the fragment says beside it as {name: text}; what was not written here is left out. */
export function readAddress(hash = location.hash) {
  const [anchor, ...parts] = hash.replace(/^#/, "").split("&");
  const said = {};
  for (const part of parts) {
    const [name, text] = part.split("=");
    try {
      if (NAMES.includes(name) && text) said[name] = decodeURIComponent(text);
    } catch {
      // A broken escape: as if it were not there.
    }
  }
  return { anchor, said };
}

/** Names the anchor and changes what stands beside it; null removes a part. The visitor's history stays as it is. */
export function writeAddress(anchor, changes) {
  const said = { ...readAddress().said, ...changes };
  const escaped = (text) => encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3A", ":");
  const parts = NAMES.filter((name) => said[name]).map((name) => `${name}=${escaped(said[name])}`);
  history.replaceState(null, "", `${location.pathname}${location.search}#${[anchor, ...parts].join("&")}`);
}

/** "1.5,2" as numbers, "2022-12-08T00:00:00Z,…" as milliseconds; null unless it is a range. */
export function range(text, isTime = false) {
  const ends = (text ?? "").split(",").map((end) => (isTime ? Date.parse(end) : end.trim() === "" ? NaN : Number(end)));
  return ends.length === 2 && ends.every(Number.isFinite) && ends[0] < ends[1] ? ends : null;
}
