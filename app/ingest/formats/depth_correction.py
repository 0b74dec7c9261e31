"""Depths corrected: computed from pressure where missing, positive down, without impossible values."""

from dataclasses import dataclass, replace

import gsw
import numpy as np

from app.ingest.formats.observations import NO_TIME, Flags, Floats, Ints, Mask, Observations, left_out

# The Challenger Deep is 10 935 m; a pressure sensor on deck may report a few metres above the surface.
_DEEPEST_M, _HIGHEST_M = 11_000.0, 100.0
# A glider that never dives below this may just float: its depths are noise around 0.
_CERTAINLY_BELOW_M = 1.0
# Where up is positive, a few samples are still above the surface, or hold a fill value that could be a depth.
_NEARLY_ALL = 0.9
# The unit of pressure in the vocabulary; a file without a unit means the same.
PRESSURE_UNITS = ("dbar", None)


@dataclass(frozen=True, slots=True)
class Depths:
    """(n,) depths, positive down, NaN where unknown, not clipped; and the samples that each rule changed.

    `flags` are the quality flags of the depths, None without any.
    """

    depth_m: Floats
    from_pressure: Mask
    invalid: Mask
    flipped: int
    flags: Flags | None = None

    @property
    def flagged(self) -> Mask:
        """True for depths that a flag leaves out of figures."""
        return left_out(self.flags, self.depth_m.size) & np.isfinite(self.depth_m)

    @property
    def good_m(self) -> Floats:
        """The depths for figures: NaN where a flag leaves them out."""
        return self.depth_m if self.flags is None else np.where(self.flagged, np.nan, self.depth_m)


def of_rows(observations: Observations) -> Depths:
    """The corrected depths of the rows; all NaN for a vessel that stays at the surface, whatever its pressure is.

    A pressure in an unknown unit is not used. A depth from pressure has the flag of the pressure; a depth with a bad
    flag is not replaced.
    """
    if observations.is_surface:
        none = np.zeros(observations.depth_m.size, dtype=bool)
        return Depths(np.full(observations.depth_m.size, np.nan), none, none, 0)
    pressure = next((c for c in observations.columns if c.about.name == "pressure"), None)
    flags = observations.flags.get("depth")
    if pressure is None or pressure.about.unit not in PRESSURE_UNITS:
        return replace(corrected(observations.depth_m, None), flags=flags)
    needed = np.isnan(observations.depth_m) & np.isfinite(pressure.values)
    computed = np.full(observations.depth_m.size, np.nan)
    if needed.any():
        good_lat_deg = np.where(observations.left_out("position"), np.nan, observations.lat_deg)
        latitude = latitudes(observations.time_ms, good_lat_deg, observations.lon_deg)
        computed[needed] = depth_of(pressure.values[needed].astype(np.float64), latitude[needed])
    depths = corrected(observations.depth_m, computed)
    return replace(depths, flags=_flags(depths.from_pressure, flags, pressure.flags))


def _flags(from_pressure: Mask, of_depth: Flags | None, of_pressure: Flags | None) -> Flags | None:
    """The flags of depths of which some come from pressure."""
    if of_depth is None and (of_pressure is None or not from_pressure.any()):
        return None
    none = np.zeros(from_pressure.size, dtype=np.int8)
    flags: Flags = np.where(
        from_pressure, none if of_pressure is None else of_pressure, none if of_depth is None else of_depth
    )
    return flags


def depth_of(pressure_dbar: Floats, lat_deg: Floats) -> Floats:
    """The depth in metres, positive down, at a sea pressure and a latitude: (n,) each, NaN where one is NaN.

    Formula: -gsw.z_from_p(pressure, latitude), by the 75-term polynomial of Roquet et al. (2015), without dynamic
    height anomaly and sea surface geopotential. Source: IOC, SCOR and IAPSO (2010), The international thermodynamic
    equation of seawater - 2010, Manuals and Guides 56. At 45° N, 1 000 dbar are 989.5 m.
    """
    depth_m: Floats = -gsw.z_from_p(pressure_dbar, lat_deg)
    return depth_m


def latitudes(time_ms: Ints, lat_deg: Floats, lon_deg: Floats) -> Floats:
    """The latitude of each row, interpolated in time where it is missing or not valid; NaN without any valid one."""
    with np.errstate(invalid="ignore"):
        valid = np.isfinite(lat_deg) & (np.abs(lat_deg) <= 90) & ~((lat_deg == 0) & (lon_deg == 0))
    if not valid.any():
        return np.full(lat_deg.size, np.nan)
    timed = np.flatnonzero(valid & (time_ms != NO_TIME))
    if not timed.size:
        return np.where(valid, lat_deg, np.median(lat_deg[valid]))
    timed = timed[np.argsort(time_ms[timed], kind="stable")]
    between = np.interp(time_ms.astype(np.float64), time_ms[timed].astype(np.float64), lat_deg[timed])
    return np.where(valid, lat_deg, between)


def corrected(depth_m: Floats, from_pressure_m: Floats | None) -> Depths:
    """The depths, from pressure where there is none. If nearly all are negative, up was positive: the sign is turned.

    depth_m, from_pressure_m: (n,), NaN where missing. The sign of a depth from pressure is certain.
    """
    depth = depth_m.copy()
    with np.errstate(invalid="ignore"):
        # Before the sign is judged: an undeclared fill value has a sign of its own.
        too_deep = np.abs(depth) > _DEEPEST_M
    depth[too_deep] = np.nan
    finite = depth[np.isfinite(depth)]
    flipped = are_upwards(depth)
    if flipped:
        depth = -depth
    none = np.zeros(depth.size, dtype=bool)
    from_pressure = none if from_pressure_m is None else np.isnan(depth_m) & np.isfinite(from_pressure_m)
    if from_pressure_m is not None:
        depth[from_pressure] = from_pressure_m[from_pressure]
    with np.errstate(invalid="ignore"):
        impossible = (depth < -_HIGHEST_M) | (depth > _DEEPEST_M)
    depth[impossible] = np.nan
    return Depths(depth, from_pressure & ~impossible, too_deep | impossible, int(finite.size) if flipped else 0)


def are_upwards(depth_m: Floats) -> bool:
    """True if up is positive: nearly all depths of a file are negative. depth_m: (n,), NaN where missing.

    Never of a profile: a short one may lie above the surface as a whole.
    """
    with np.errstate(invalid="ignore"):
        known = depth_m[np.isfinite(depth_m) & (np.abs(depth_m) <= _DEEPEST_M)]
    return bool(known.size and (known < 0).mean() > _NEARLY_ALL and known.min() < -_CERTAINLY_BELOW_M)
