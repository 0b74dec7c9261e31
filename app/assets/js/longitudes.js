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
