// The density of sea water at the surface, by EOS-80 (UNESCO technical papers in marine science 44, p. 17).

const polynomial = (factors, t) => factors.reduce((sum, factor) => sum * t + factor, 0);

/** Density less 1000, kg m-3, from practical salinity and temperature in °C; a negative salinity counts as 0. */
export function sigma(salinity, t) {
  const s = Math.max(salinity, 0);
  const pure = polynomial([6.536332e-9, -1.120083e-6, 1.001685e-4, -9.09529e-3, 6.793952e-2, 999.842594], t);
  const linear = polynomial([5.3875e-9, -8.2467e-7, 7.6438e-5, -4.0899e-3, 8.24493e-1], t);
  const bent = polynomial([-1.6546e-6, 1.0227e-4, -5.72466e-3], t);
  return pure + linear * s + bent * s ** 1.5 + 4.8314e-4 * s ** 2 - 1000;
}

/** The salinity within a range at which water of this temperature has this density; null if it lies outside. */
export function salinityAt(density, t, [low, high]) {
  if (sigma(low, t) > density || sigma(high, t) < density) return null;
  let [a, b] = [low, high];
  // Bisection: density grows with salinity. Thirty halvings leave a billionth of the range.
  for (let i = 0; i < 30; i++) {
    const middle = (a + b) / 2;
    if (sigma(middle, t) < density) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
