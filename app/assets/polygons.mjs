// Geometry of polygons in plain longitude and latitude: rings are [[lon, lat], …], boxes [west, south, east, north].

/** The ring without jumps at 180 degrees; one that goes around the South Pole is closed along it. */
export function unrollRing(ring) {
  const unrolled = [ring[0]];
  let turn = 0;
  for (let i = 1; i < ring.length; i++) {
    const step = ring[i][0] - ring[i - 1][0];
    if (step > 180) turn -= 360;
    if (step < -180) turn += 360;
    unrolled.push([ring[i][0] + turn, ring[i][1]]);
  }
  if (turn !== 0) unrolled.push([unrolled.at(-1)[0], -90], [unrolled[0][0], -90]);
  return unrolled;
}

export function bounds(ring) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon, lat] of ring) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return box;
}

/** The parts of polygons {rings, box} within a box, as lists of rings, rounded to so many decimals. */
export function clip(polygons, limits, decimals) {
  const [west, south, east, north] = limits;
  const clipped = [];
  for (const { rings, box } of polygons) {
    if (box[0] > east || box[2] < west || box[1] > north || box[3] < south) continue;
    const parts = rings.map((ring) => round(clipRing(ring, limits), decimals)).filter((ring) => ring.length > 3);
    if (parts.length) clipped.push(parts);
  }
  return clipped;
}

/** The part of a ring within a box, by Sutherland and Hodgman (1974): one side of the box after the other. */
export function clipRing(ring, [west, south, east, north]) {
  const sides = [
    [0, west, 1],
    [0, east, -1],
    [1, south, 1],
    [1, north, -1],
  ];
  return sides.reduce((points, [axis, limit, sign]) => clipSide(points, axis, limit, sign), ring);
}

function clipSide(points, axis, limit, sign) {
  const isInside = (point) => sign * (point[axis] - limit) >= 0;
  const clipped = [];
  points.forEach((point, i) => {
    const before = points[(i + points.length - 1) % points.length];
    if (isInside(point) !== isInside(before)) {
      const share = (limit - before[axis]) / (point[axis] - before[axis]);
      const other = before[1 - axis] + share * (point[1 - axis] - before[1 - axis]);
      clipped.push(axis === 0 ? [limit, other] : [other, limit]);
    }
    if (isInside(point)) clipped.push(point);
  });
  return clipped;
}

/** The points with so many decimals, without repetitions in a row. */
export function round(points, decimals) {
  const scale = 10 ** decimals;
  const rounded = [];
  for (const [lon, lat] of points) {
    const point = [Math.round(lon * scale) / scale, Math.round(lat * scale) / scale];
    const last = rounded.at(-1);
    if (!last || last[0] !== point[0] || last[1] !== point[1]) rounded.push(point);
  }
  return rounded;
}
