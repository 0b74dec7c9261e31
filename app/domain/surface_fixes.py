"""Fixes of a vessel that stays at the surface: they replace profiles in its distance, track and basins.

Importers only: needs numpy.
"""

import numpy as np
from numpy.typing import NDArray

from app.domain.profiles import Floats, Ints, too_fast

# GPS noise is tens of metres: over shorter intervals it would add up to kilometres a day.
INTERVAL_MS = 10 * 60 * 1000
# A buoy that reports every ten minutes is a few seconds early or late; without this every other fix would be lost.
_JITTER_MS = 30 * 1000

# A sailbuoy makes 2 m/s before the wind, and the strongest currents of its missions add as much.
MAX_SPEED_M_S = 4.0


def usable(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """True where there is a position on the globe that is not exactly 0, 0. lon, lat: (n,)."""
    with np.errstate(invalid="ignore"):
        on_globe = (np.abs(lat) <= 90) & (np.abs(lon) <= 360)
    mask: NDArray[np.bool_] = on_globe & ~((lon == 0) & (lat == 0))
    return mask


def thinned(time_ms: Ints) -> NDArray[np.intp]:
    """Indexes of one fix each ten minutes, from the first to the last. time_ms: (n,) in order.

    The last fix replaces the selected one before it when that is less than ten minutes earlier: a track ends at the
    last known position.
    """
    selected: list[int] = []
    following = 0
    while following < time_ms.size:
        selected.append(following)
        following = int(np.searchsorted(time_ms, time_ms[following] + INTERVAL_MS - _JITTER_MS))
    last = int(time_ms.size) - 1
    if selected and selected[-1] != last:
        if len(selected) > 1:
            selected.pop()
        selected.append(last)
    return np.array(selected, dtype=np.intp)


def flagged(lon: Floats, lat: Floats, time_ms: Ints) -> NDArray[np.bool_]:
    """True for fixes that need an impossible speed. lon, lat, time_ms: (n,) in time order, no NaN."""
    return too_fast(lon, lat, time_ms, MAX_SPEED_M_S)
