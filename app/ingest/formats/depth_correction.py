"""Depths corrected: taken from pressure where missing, positive down, without impossible values."""

from dataclasses import dataclass

import numpy as np

from app.ingest.formats.observations import Floats, Mask, Observations

# The Challenger Deep is 10 935 m; a pressure sensor on deck may report a few metres above the surface.
_DEEPEST_M, _HIGHEST_M = 11_000.0, 100.0
# A glider that never dives below this may just float: its depths are noise around 0.
_CERTAINLY_BELOW_M = 1.0
# Where up is positive, a few samples are still above the surface, or hold a fill value that could be a depth.
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True)
class Depths:
    """(n,) depths, positive down, NaN where unknown, not clipped; and the samples that each rule changed."""

    depth_m: Floats
    from_pressure: Mask
    invalid: Mask
    flipped: int


def of_rows(observations: Observations) -> Depths:
    """The corrected depths of the rows; all NaN for a vessel that stays at the surface, whatever its pressure is."""
    if observations.is_surface:
        none = np.zeros(observations.depth_m.size, dtype=bool)
        return Depths(np.full(observations.depth_m.size, np.nan), none, none, 0)
    pressure = next((c.values for c in observations.columns if c.about.name == "pressure"), None)
    return corrected(observations.depth_m, None if pressure is None else pressure.astype(np.float64, copy=False))


def corrected(depth_m: Floats, pressure_dbar: Floats | None) -> Depths:
    """The depths, from pressure where there is none. If nearly all are negative, up was positive: the sign is turned.

    depth_m, pressure_dbar: (n,), NaN where missing.
    """
    depth = depth_m.copy()
    none = np.zeros(depth.size, dtype=bool)
    from_pressure = none if pressure_dbar is None else np.isnan(depth) & np.isfinite(pressure_dbar)
    if pressure_dbar is not None:
        depth[from_pressure] = pressure_dbar[from_pressure]
    # Before the sign is judged: an undeclared fill value has a sign of its own.
    with np.errstate(invalid="ignore"):
        too_deep = np.abs(depth) > _DEEPEST_M
    depth[too_deep] = np.nan
    finite = depth[np.isfinite(depth)]
    # Never by profile: a short one may lie above the surface as a whole.
    flipped = bool(finite.size and (finite < 0).mean() > _NEARLY_ALL and finite.min() < -_CERTAINLY_BELOW_M)
    if flipped:
        depth = -depth
    with np.errstate(invalid="ignore"):
        too_high = depth < -_HIGHEST_M
    depth[too_high] = np.nan
    return Depths(depth, from_pressure, too_deep | too_high, int(finite.size) if flipped else 0)
