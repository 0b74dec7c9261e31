// Meridians and parallels with their degrees: what a chart without place names is read by.
import L from "leaflet";

const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 90];
const CORNER_PX = 4;
const APART_PX = 76; // Room for the longest label, "179.95° W".
const ZOOM_PX = 48; // The buttons in the corner above.
const SOURCE_PX = 24; // The line that names the source of the land, below.

function label(value, positive, negative, digits) {
  const wrapped = positive === "E" ? ((((value + 180) % 360) + 360) % 360) - 180 : value;
  const side = wrapped === 0 || Math.abs(wrapped) === 180 ? "" : `\u202f${wrapped > 0 ? positive : negative}`;
  return `${Math.abs(wrapped).toFixed(digits)}°${side}`;
}

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
    const span = view.getEast() - view.getWest();
    const { x: width, y: height } = this.map.getSize();
    const step = STEPS.find((size) => (size / span) * (width || 1) >= APART_PX) ?? STEPS.at(-1);
    const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
    for (let i = Math.ceil(view.getWest() / step); i * step <= view.getEast(); i++) {
      this.line([
        [-85, i * step],
        [85, i * step],
      ]);
      const { x } = this.map.latLngToContainerPoint([0, i * step]);
      if (x < ZOOM_PX || x > width - APART_PX) continue; // The other corner is the parallels'.
      this.text([Math.min(view.getNorth(), 85), i * step], label(i * step, "E", "W", digits), "graticule-lon");
    }
    for (let i = Math.ceil(Math.max(-80, view.getSouth()) / step); i * step <= Math.min(80, view.getNorth()); i++) {
      this.line([
        [i * step, view.getWest() - span],
        [i * step, view.getEast() + span],
      ]);
      const { y } = this.map.latLngToContainerPoint([i * step, 0]);
      if (y < CORNER_PX || y > height - SOURCE_PX) continue;
      this.text([i * step, view.getEast()], label(i * step, "N", "S", digits), "graticule-lat");
    }
  }

  line(points) {
    this.addLayer(
      L.polyline(points, { pane: "graticule", className: "graticule-line", weight: 1, interactive: false }),
    );
  }

  text(at, html, side) {
    const icon = L.divIcon({ className: `graticule-label ${side}`, html, iconSize: [0, 0] });
    this.addLayer(L.marker(at, { pane: "graticule", icon, interactive: false, keyboard: false }));
  }
}

export const graticule = () => new Graticule();
