// The land of the maps, cut at build time: one coarse world for overviews and finer squares that a map
// loads only where it looks. Source: Natural Earth by way of world-atlas.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";

const require = createRequire(import.meta.url);

// Degrees a side, and decimals kept: as fine as the source is true.
export const LEVELS = {
  medium: { atlas: "land-50m", side: 30, decimals: 2 },
  fine: { atlas: "land-10m", side: 10, decimals: 3 },
};

/** The coarse world as polygons, and for each finer level its squares by name `<column>_<row>`. */
export function land() {
  return {
    coarse: clip(polygons("land-110m"), [-180, -90, 180, 90], 2),
    squares: Object.fromEntries(Object.entries(LEVELS).map(([name, level]) => [name, squares(level)])),
  };
}

function squares({ atlas, side, decimals }) {
  const source = polygons(atlas);
  const found = {};
  for (let west = -180; west < 180; west += side) {
    const column = source.filter(({ box }) => box[0] <= west + side && box[2] >= west);
    for (let south = -90; south < 90; south += side) {
      const pieces = clip(column, [west, south, west + side, south + side], decimals);
      if (pieces.length) found[`${(west + 180) / side}_${(south + 90) / side}`] = pieces;
    }
  }
  return found;
}

/** Polygons in plain longitude: the atlas joins them across 180 degrees, so each comes once per turn it touches. */
function polygons(atlas) {
  const topology = JSON.parse(readFileSync(require.resolve(`world-atlas/${atlas}.json`), "utf8"));
  const collection = feature(topology, topology.objects.land);
  const found = [];
  for (const { geometry } of collection.features) {
    for (const rings of geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates) {
      const flat = rings.map(unrolled);
      for (const turn of [-360, 0, 360]) {
        const moved = flat.map((ring) => ring.map(([lon, lat]) => [lon + turn, lat]));
        const box = bounds(moved[0]);
        if (box[0] < 180 && box[2] > -180) found.push({ rings: moved, box });
      }
    }
  }
  return found;
}

/** The ring without jumps at 180 degrees; one that goes around the pole is closed along it. */
function unrolled(ring) {
  const flat = [ring[0]];
  let turn = 0;
  for (let i = 1; i < ring.length; i++) {
    const step = ring[i][0] - ring[i - 1][0];
    if (step > 180) turn -= 360;
    if (step < -180) turn += 360;
    flat.push([ring[i][0] + turn, ring[i][1]]);
  }
  if (turn !== 0) flat.push([flat.at(-1)[0], -90], [flat[0][0], -90]);
  return flat;
}

function bounds(ring) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of ring) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return box;
}

function clip(source, [west, south, east, north], decimals) {
  const pieces = [];
  for (const { rings, box } of source) {
    if (box[0] > east || box[2] < west || box[1] > north || box[3] < south) continue;
    const cut = rings.map((ring) => clipRing(ring, west, south, east, north, decimals)).filter((r) => r.length > 3);
    if (cut.length) pieces.push(cut);
  }
  return pieces;
}

/** Sutherland and Hodgman, 1974: one side of the square after the other. */
function clipRing(ring, west, south, east, north, decimals) {
  let points = ring;
  for (const [axis, limit, sign] of [
    [0, west, 1],
    [0, east, -1],
    [1, south, 1],
    [1, north, -1],
  ]) {
    const inside = (point) => sign * (point[axis] - limit) >= 0;
    const kept = [];
    points.forEach((point, i) => {
      const before = points[(i + points.length - 1) % points.length];
      if (inside(point) !== inside(before)) {
        const share = (limit - before[axis]) / (point[axis] - before[axis]);
        const other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis]);
        kept.push(axis === 0 ? [limit, other] : [other, limit]);
      }
      if (inside(point)) kept.push(point);
    });
    points = kept;
  }
  return rounded(points, decimals);
}

function rounded(points, decimals) {
  const scale = 10 ** decimals;
  const kept = [];
  for (const [lon, lat] of points) {
    const point = [Math.round(lon * scale) / scale, Math.round(lat * scale) / scale];
    const last = kept.at(-1);
    if (!last || last[0] !== point[0] || last[1] !== point[1]) kept.push(point);
  }
  return kept;
}
