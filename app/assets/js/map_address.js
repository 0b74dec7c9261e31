// A map's view lives in the URL's fragment, so that people can keep and send it:
// #map=zoom/lat/lon, and on the map of all missions &mission=platform/mission and &hide=layer,layer.

/** What the fragment says, as {name: text}; a text that was not written here is left out. */
export function readFragment(hash = location.hash) {
  const said = {};
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [, name, text] = /^(map|mission|hide)=(.+)$/.exec(part) ?? [];
    try {
      if (name) said[name] = decodeURIComponent(text);
    } catch {
      // A broken escape: as if it were not there.
    }
  }
  return said;
}

/** Changes the fragment and leaves the rest of the URL and the visitor's history alone; null removes a part. */
export function writeFragment(changes) {
  const said = { ...readFragment(), ...changes };
  const kept = ["map", "mission", "hide"].filter((name) => said[name]);
  const fragment = kept.map(
    (name) => `${name}=${encodeURIComponent(said[name]).replaceAll("%2F", "/").replaceAll("%2C", ",")}`,
  );
  history.replaceState(
    null,
    "",
    location.pathname + location.search + (fragment.length ? `#${fragment.join("&")}` : ""),
  );
}

export function restoreView(hash = location.hash) {
  const found = /^([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(readFragment(hash).map ?? "");
  if (!found) return null;
  const [zoom, lat, lon] = found.slice(1).map(Number);
  const sound = zoom >= 0 && zoom <= 14 && Math.abs(lat) <= 86 && Math.abs(lon) <= 360;
  return sound ? { zoom, center: [lat, lon] } : null;
}

export function writeView(map) {
  const { lat, lng } = map.getCenter();
  writeFragment({ map: `${map.getZoom()}/${lat.toFixed(3)}/${lng.toFixed(3)}` });
}

export function rememberView(map) {
  const write = () => writeView(map);
  map.on("dragend", write);
  // Zooming by script, as on the first fit, does not count as the visitor's choice.
  map.getContainer().addEventListener("click", () => map.once("moveend", write));
  map.getContainer().addEventListener("wheel", () => map.once("moveend", write), { passive: true });
}
