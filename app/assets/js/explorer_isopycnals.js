// Lines of equal density (isopycnals) from the grid of the API: {salinity, temperature, sigma0}, where `sigma0` has a
// row for each temperature. The steps of both axes are equal. The server computes the densities.

/** The place of a value on an axis as [index, share of the step above it]; null beyond the axis. */
function placeOn(axis, value) {
  const steps = ((value - axis[0]) / (axis.at(-1) - axis[0])) * (axis.length - 1);
  if (!(steps >= 0 && steps <= axis.length - 1)) return null;
  const index = Math.min(Math.floor(steps), axis.length - 2);
  return [index, steps - index];
}

const between = (low, high, share) => low + (high - low) * share;

/** Density less 1000, kg m-3, interpolated linearly; null beyond the grid or without one. */
export function sigmaAt(grid, salinity, temperature) {
  const column = grid && placeOn(grid.salinity, salinity);
  const row = grid && placeOn(grid.temperature, temperature);
  if (!column || !row) return null;
  const [below, above] = [grid.sigma0[row[0]], grid.sigma0[row[0] + 1]];
  const ofRow = (densities) => between(densities[column[0]], densities[column[0] + 1], column[1]);
  return between(ofRow(below), ofRow(above), row[1]);
}

/** The salinity within a range at which water of this temperature has this density; null if the grid has none. */
export function salinityAt(grid, density, temperature, range) {
  let [low, high] = overlap(range, grid.salinity);
  const [least, greatest] = [sigmaAt(grid, low, temperature), sigmaAt(grid, high, temperature)];
  if (least === null || greatest === null || least > density || greatest < density) return null;
  // Bisection: density grows with salinity. Thirty halvings leave a billionth of the range.
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (sigmaAt(grid, middle, temperature) < density) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The part of a range that an axis of the grid covers, as [low, high]. */
export const overlap = ([low, high], axis) => [Math.max(low, axis[0]), Math.min(high, axis.at(-1))];

/** The least and the greatest density within the ranges of both axes; null beyond the grid or without one. */
export function densityRange(grid, x, y) {
  if (!grid) return null;
  const [fresh, salty] = overlap(x, grid.salinity);
  const [cold, warm] = overlap(y, grid.temperature);
  if (!(fresh < salty && cold < warm)) return null;
  // Fresh water is densest at 4 °C and not where it is coldest: all temperatures of the grid count.
  const temperatures = [cold, ...grid.temperature.filter((value) => value > cold && value < warm), warm];
  const least = temperatures.map((temperature) => sigmaAt(grid, fresh, temperature));
  const greatest = temperatures.map((temperature) => sigmaAt(grid, salty, temperature));
  return [Math.min(...least), Math.max(...greatest)];
}
