// The outline of one basin on its page, from the API's GeoJSON feature.
import L from "leaflet";
import { unrollBox } from "./longitudes.js";

/** Draws the outline below all tracks; returns its bounds and the function that moves longitudes on this map. */
export function drawBasinOutline(map, feature) {
  const unroll = unrollBox(feature.bbox);
  map.createPane("area").style.zIndex = 300;
  const outline = L.geoJSON(feature, {
    coordsToLatLng: ([lon, lat]) => L.latLng(lat, unroll(lon)),
    style: { className: "area", weight: 2 },
    interactive: false,
    pane: "area",
  });
  return { bounds: outline.addTo(map).getBounds(), unroll };
}
