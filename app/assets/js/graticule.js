// Meridians and parallels with their degrees: they show the position on a chart that has no place names.
import L from "leaflet";
import {
  graticuleStep,
  isLatitudeLabelFree,
  LABEL_WIDTH_PX,
  latitudeLabel,
  longitudeLabel,
} from "./graticule_scale.js";

const ZOOM_BUTTONS_PX = 48; // In the corner above.

class Graticule extends L.LayerGroup {
  onAdd(map) {
    this.map = map;
    map.createPane("graticule").style.zIndex = 210;
    super.onAdd(map);
    map.on("moveend", this.refresh, this);
    return this;
  }

  refresh() {
    this.clearLayers();
    const view = this.map.getBounds();
    const [west, south, east, north] = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const span = east - west;
    const { x: width, y: height } = this.map.getSize();
    const step = graticuleStep(span, width);
    for (let i = Math.ceil(west / step); i * step <= east; i++) {
      const lon = i * step;
      this.addLine([-85, lon], [85, lon]);
      const { x } = this.map.latLngToContainerPoint([0, lon]);
      if (x < ZOOM_BUTTONS_PX || x > width - LABEL_WIDTH_PX) continue; // Parallels have their labels on the right.
      this.addLabel([Math.min(north, 85), lon], longitudeLabel(lon, step), "graticule-lon");
    }
    for (let i = Math.ceil(Math.max(-80, south) / step); i * step <= Math.min(80, north); i++) {
      const lat = i * step;
      this.addLine([lat, west - span], [lat, east + span]);
      const { y } = this.map.latLngToContainerPoint([lat, 0]);
      if (isLatitudeLabelFree(y, height)) this.addLabel([lat, east], latitudeLabel(lat, step), "graticule-lat");
    }
  }

  addLine(from, to) {
    const options = { pane: "graticule", className: "graticule-line", weight: 1, interactive: false };
    this.addLayer(L.polyline([from, to], options));
  }

  addLabel(at, html, className) {
    const icon = L.divIcon({ className: `graticule-label ${className}`, html, iconSize: [0, 0] });
    this.addLayer(L.marker(at, { pane: "graticule", icon, interactive: false, keyboard: false }));
  }
}

export const graticule = () => new Graticule();
