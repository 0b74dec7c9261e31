// The outline of a basin, from the API's GeoJSON feature.
import L from "leaflet";

/** A longitude as the map of this area takes it: one across 180 degrees stays in one piece. */
const turned = (bbox) => (lon) => (bbox[0] > bbox[2] && lon < 0 ? lon + 360 : lon);

/** Draws the outline below all tracks; returns its bounds and how its map turns longitudes. */
export function drawArea(map, feature) {
  const turn = turned(feature.bbox);
  map.createPane("area").style.zIndex = 300;
  const outline = L.geoJSON(feature, {
    coordsToLatLng: ([lon, lat]) => L.latLng(lat, turn(lon)),
    style: { className: "area", weight: 2 },
    interactive: false,
    pane: "area",
  });
  return { bounds: outline.addTo(map).getBounds(), turn };
}
