// Longitudes across 180 degrees: a track or an outline stays in one piece when its western part is moved east by 360.

/** The same meridian in [-180, 180). */
export const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;

const identity = (lon) => lon;
const eastward = (lon) => (lon < 0 ? lon + 360 : lon);

/** A function that moves longitudes of a box [west, south, east, north]; across 180 degrees west exceeds east. */
export const unrollBox = ([west, , east]) => (west > east ? eastward : identity);

/**
 * A function that moves the longitudes of a track. A track crosses 180 degrees if it has both signs and spans more than
 * half of the globe: the shorter way between its ends is then the one across 180 degrees.
 */
export function unrollTrack(lons) {
  const west = lons.filter((lon) => lon < 0).length;
  if (west === 0 || west === lons.length) return identity;
  // No Math.max(...lons): a long track has more positions than a call may have arguments.
  const [low, high] = lons.reduce(([a, b], lon) => [Math.min(a, lon), Math.max(b, lon)], [Infinity, -Infinity]);
  return high - low > 180 ? eastward : identity;
}

/** Degrees by which to move a longitude to the copy of the world that is nearest to `centre`: a multiple of 360. */
export const nearestTurn = (centre, lon) => Math.round((centre - lon) / 360) * 360 + 0; // No negative zero.

/** The size of a box [west, south, east, north], degrees. */
export const extentOf = ([west, south, east, north]) => ({
  width: east < west ? east - west + 360 : east - west,
  height: north - south,
});

const isOnSeam = ([lon]) => Math.abs(lon) === 180;

/** The rings of a polygon as lines, without the edges along 180 degrees: GeoJSON splits areas there, water does not. */
export function linesWithoutSeam({ type, coordinates }) {
  const rings = type === "Polygon" ? coordinates : coordinates.flat();
  return rings.flatMap((ring) => {
    const lines = [[ring[0]]];
    for (let i = 1; i < ring.length; i++) {
      if (isOnSeam(ring[i - 1]) && isOnSeam(ring[i])) lines.push([ring[i]]);
      else lines.at(-1).push(ring[i]);
    }
    return lines.filter((line) => line.length > 1);
  });
}
