// The land of the maps, cut at build time: one coarse world for overviews, and finer tiles of which a map loads only
// those in view. Source: Natural Earth by way of world-atlas.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { feature } from "topojson-client";
import { bounds, clip, unrollRing } from "./polygons.mjs";

const require = createRequire(import.meta.url);

// Side of a tile in degrees, and decimals of its coordinates: as precise as the source is accurate.
export const LEVELS = {
  medium: { atlas: "land-50m", side: 30, decimals: 2 },
  fine: { atlas: "land-10m", side: 10, decimals: 3 },
};

/** The coarse world as polygons, and for each finer level its tiles by name `<column>_<row>`. */
export function land() {
  return {
    coarse: clip(polygonsOf("land-110m"), [-180, -90, 180, 90], 2),
    tiles: Object.fromEntries(Object.entries(LEVELS).map(([name, level]) => [name, tilesOf(level)])),
  };
}

function tilesOf({ atlas, side, decimals }) {
  const source = polygonsOf(atlas);
  const tiles = {};
  for (let west = -180; west < 180; west += side) {
    const column = source.filter(({ box }) => box[0] <= west + side && box[2] >= west);
    for (let south = -90; south < 90; south += side) {
      const polygons = clip(column, [west, south, west + side, south + side], decimals);
      if (polygons.length) tiles[`${(west + 180) / side}_${(south + 90) / side}`] = polygons;
    }
  }
  return tiles;
}

/** Polygons without jumps at 180 degrees. One that crosses it comes twice, at both edges of the world. */
function polygonsOf(atlas) {
  const topology = JSON.parse(readFileSync(require.resolve(`world-atlas/${atlas}.json`), "utf8"));
  const collection = feature(topology, topology.objects.land);
  const polygons = [];
  for (const { geometry } of collection.features) {
    for (const source of geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates) {
      const unrolled = source.map(unrollRing);
      for (const turn of [-360, 0, 360]) {
        const rings = unrolled.map((ring) => ring.map(([lon, lat]) => [lon + turn, lat]));
        const box = bounds(rings[0]);
        if (box[0] < 180 && box[2] > -180) polygons.push({ rings, box });
      }
    }
  }
  return polygons;
}
