// Which tiles of land a view needs. Tiles are named `<column>_<row>` from 180° W and 90° S.

// Below medium the coarse world is enough.
const MEDIUM_FROM_ZOOM = 4;
const FINE_FROM_ZOOM = 6.5;

/** The level of tiles for a zoom; null where the coarse world is enough. */
export function landLevelAt(zoom) {
  if (zoom < MEDIUM_FROM_ZOOM) return null;
  return zoom < FINE_FROM_ZOOM ? "medium" : "fine";
}

/**
 * The tiles of a view {west, south, east, north} as {name, turn}: `turn` moves a tile to the copy of the world that is
 * in view, a multiple of 360 degrees. `names` holds the tiles that have land, `side` is their width in degrees.
 */
export function tilesInView({ west, south, east, north }, side, names) {
  const columns = 360 / side;
  const tiles = [];
  for (let column = Math.floor((west + 180) / side); column * side - 180 < east; column++) {
    for (let row = Math.max(0, Math.floor((south + 90) / side)); row * side - 90 < north; row++) {
      const name = `${((column % columns) + columns) % columns}_${row}`;
      if (names.has(name)) tiles.push({ name, turn: Math.floor(column / columns) * 360 });
    }
  }
  return tiles;
}
