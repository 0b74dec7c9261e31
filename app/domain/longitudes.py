"""Longitudes on the circle. Separate from `geodesy`, so that readers of files do not load its libraries."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wrapped(lon: Floats) -> Floats:
    """The same longitudes in [-180, 180); NaN stays NaN."""
    inside = (lon >= -180) & (lon < 180)
    # The modulo loses the last digits, so it applies only to longitudes outside the range.
    return np.where(inside, lon, (lon + 180.0) % 360.0 - 180.0)
