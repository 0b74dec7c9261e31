// The outline of one basin on its page, from the API's GeoJSON feature.
import L from "leaflet";
import { linesWithoutSeam, unrollBox } from "./longitudes.js";

/** Draws the outline below all tracks; returns its bounds and the function that moves longitudes on this map. */
export function drawBasinOutline(map, feature) {
  const unroll = unrollBox(feature.bbox);
  const toLatLng = ([lon, lat]) => L.latLng(lat, unroll(lon));
  map.createPane("area").style.zIndex = 300;
  const fill = { className: "area-fill", stroke: false };
  const area = L.geoJSON(feature, { coordsToLatLng: toLatLng, style: fill, interactive: false, pane: "area" });
  const paths = linesWithoutSeam(feature.geometry).map((path) => path.map(toLatLng));
  L.polyline(paths, { className: "area", weight: 2, interactive: false, pane: "area" }).addTo(map);
  return { bounds: area.addTo(map).getBounds(), unroll };
}
