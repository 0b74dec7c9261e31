"""Longitudes on the circle. Apart from `geodesy`, so that who only reads files need not load its libraries."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wrapped(lon: Floats) -> Floats:
    """The same longitudes in [-180, 180); NaN stays NaN."""
    inside = (lon >= -180) & (lon < 180)
    # The remainder costs the last digits: only what lies outside is touched.
    return np.where(inside, lon, (lon + 180.0) % 360.0 - 180.0)
