// The map's view lives in the URL's fragment: #map=zoom/lat/lon. People can keep and send it.

export function restoreView(hash = location.hash) {
  const found = /^#map=([\d.]+)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(hash);
  if (!found) return null;
  const [zoom, lat, lon] = found.slice(1).map(Number);
  const sound = zoom >= 0 && zoom <= 14 && Math.abs(lat) <= 86 && Math.abs(lon) <= 360;
  return sound ? { zoom, center: [lat, lon] } : null;
}

export function rememberView(map) {
  const write = () => {
    const { lat, lng } = map.getCenter();
    history.replaceState(null, "", `#map=${map.getZoom()}/${lat.toFixed(3)}/${lng.toFixed(3)}`);
  };
  map.on("dragend", write);
  // Zooming by script, as on the first fit, does not count as the visitor's choice.
  map.getContainer().addEventListener("click", () => map.once("moveend", write));
  map.getContainer().addEventListener("wheel", () => map.once("moveend", write), { passive: true });
}
