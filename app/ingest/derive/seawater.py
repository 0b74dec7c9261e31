"""Density of sea water at the surface, for the lines of a T-S diagram."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def sigma_0(salinity: Floats, temperature_c: Floats) -> Floats:
    """Density at the surface less 1000, kg m-3. salinity: PSS-78; temperature_c: degrees Celsius; of equal shape.

    Source: the one atmosphere equation of state EOS-80, UNESCO technical papers in marine science 44 (1983), p. 17.
    """
    t, s = temperature_c, np.maximum(salinity, 0)
    pure = np.polyval([6.536332e-9, -1.120083e-6, 1.001685e-4, -9.095290e-3, 6.793952e-2, 999.842594], t)
    linear = np.polyval([5.3875e-9, -8.2467e-7, 7.6438e-5, -4.0899e-3, 8.24493e-1], t)
    bent = np.polyval([-1.6546e-6, 1.0227e-4, -5.72466e-3], t)
    density: Floats = pure + linear * s + bent * s**1.5 + 4.8314e-4 * s**2 - 1000
    return density
