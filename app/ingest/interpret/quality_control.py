"""The rules for dirt: what is refused, what is only warned of. Bad data stay in the count and out of the picture.

A refusal is raised as `Refused`; a warning is a code of WARNINGS with a count. Nothing here changes the file's values
except where a rule says so (longitudes wrapped, a depth's sign or its place taken by pressure).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.longitudes import wrapped
from app.domain.times import from_ms
from app.ingest.refusals import Refused
from app.ingest.sources.observations import NO_TIME, Floats, Ints, Observations

Mask = NDArray[np.bool_]

WARNINGS = {
    "declared_differs": "attributes of the file (span, box, depth) that its data contradict",
    "depth_from_pressure": "samples without depth whose pressure in dbar stands for it, about 1 % too deep",
    "depth_invalid": "samples with a depth that no sea has, such as an undeclared fill value; it counts as missing",
    "depth_negative": "samples above the surface; they count as 0 m",
    "depth_sign_flipped": "samples of a file that gives nearly all depths as negative; the sign was turned",
    "duplicate_rows": "rows that repeat another one exactly and were dropped",
    "part_of_dataset": "constraints by which the rows were cut out of a dataset: it holds more",
    "position_invalid": "samples with a position that is on no globe",
    "payload_missing": "file of positions beside which no payload lies; there are no measurements",
    "payload_repeated": "payload rows that repeat another one exactly and were dropped",
    "payload_unpaired": "payload rows without a position within ten minutes of them; they are samples of their own",
    "position_jump": "profiles, or fixes of a sailbuoy, whose position only an impossible speed reaches",
    "position_missing": "samples without a position",
    "position_zero": "samples at exactly 0, 0",
    "profile_number_missing": "samples of a file that does not number its profiles",
    "profile_number_repeated": "profiles whose number an earlier profile has already",
    "rows_in_harbour": "rows of a sailbuoy in the box of its harbour, before a mission or after it; dropped",
    "rows_of_short_trip": "rows of a sailbuoy's trips shorter than three days, which are tests; they were dropped",
    "time_missing": "rows without a time, which were dropped",
    "time_out_of_range": "samples dated before the earliest accepted day or in the future",
}

# Half of the samples: a single wrong fix is dirt, more is a wrong unit.
_MOSTLY = 0.5
# The Challenger Deep is 10 935 m; a pressure sensor on deck may say a few metres above the surface.
_DEEPEST_M, _HIGHEST_M = 11_000.0, 100.0
# A glider that never dives below this may just float: its depths are noise around 0.
_CERTAINLY_BELOW_M = 1.0
# Where up is positive, a few samples are above the surface, or a fill value that could be a depth.
_NEARLY_ALL = 0.9


# A track is one document of 150 bytes a profile, of which MongoDB takes 16 MB; a year of shallow dives is 15 000.
MAX_PROFILES = 50_000
# Each is half a kilobyte of every list that has the mission; a Seaglider with all its electronics has 200.
MAX_VARIABLES = 500


@dataclass(frozen=True, slots=True)
class Positions:
    """(n,) positions and what is wrong with them. `valid` ones have neither flaw."""

    lon_deg: Floats
    lat_deg: Floats
    valid: Mask
    missing: Mask
    invalid: Mask
    zero: Mask


@dataclass(frozen=True, slots=True)
class Depths:
    """(n,) depths, positive down, NaN where unknown, not clipped; and the samples that each rule touched."""

    depth_m: Floats
    from_pressure: Mask
    invalid: Mask
    flipped: int


def require_few_profiles(count: int) -> None:
    """Raises Refused for more profiles than a mission can have."""
    if count > MAX_PROFILES:
        raise Refused("too_large", f"{count} profiles are more than the {MAX_PROFILES} a mission may have")


def require_few_fixes(count: int) -> None:
    """Raises Refused for more fixes than a track can have: nearly a year of one each ten minutes."""
    if count > MAX_PROFILES:
        raise Refused("too_large", f"{count} fixes are more than the {MAX_PROFILES} a mission may have")


def require_few_variables(count: int) -> None:
    """Raises Refused for more measured variables than a mission can have."""
    if count > MAX_VARIABLES:
        raise Refused("too_large", f"{count} variables are more than the {MAX_VARIABLES} a mission may have")


def accepted_times(observations: Observations, earliest_ms: int, latest_ms: int) -> Mask:
    """True for rows whose time can be. Raises Refused when not one can."""
    time_ms, name = observations.time_ms, observations.names["time"]
    timed = time_ms != NO_TIME
    if not timed.any():
        raise Refused("no_time", "not one row has a time", name)
    accepted: Mask = timed & (time_ms >= earliest_ms) & (time_ms <= latest_ms)
    if not accepted.any():
        first, last = from_ms(int(time_ms[timed].min())), from_ms(int(time_ms[timed].max()))
        raise Refused(
            "time_out_of_range",
            f"all times lie outside {from_ms(earliest_ms):%Y-%m-%d} to {from_ms(latest_ms):%Y-%m-%dT%H:%MZ}: "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}",
            name,
        )
    return accepted


def judged_positions(lon_deg: Floats, lat_deg: Floats, accepted: Mask, names: dict[str, str]) -> Positions:
    """The positions with longitudes in [-180, 180). Raises Refused when they are not in degrees or none is usable."""
    for values, name, limit in ((lat_deg, "latitude", 90.0), (lon_deg, "longitude", 360.0)):
        finite = values[np.isfinite(values)]
        beyond = np.abs(finite) > limit
        if finite.size and beyond.mean() > _MOSTLY:
            raise Refused(
                "position_not_degrees",
                f"{int(beyond.sum())} of {finite.size} values lie beyond {limit:.0f}, the first is "
                f"{finite[beyond][0]:.4f}: this looks like DDMM.mm, not degrees",
                names[name],
            )
    missing = ~(np.isfinite(lon_deg) & np.isfinite(lat_deg))
    with np.errstate(invalid="ignore"):
        invalid = ~missing & ((np.abs(lat_deg) > 90) | (np.abs(lon_deg) > 360))
        zero = (lon_deg == 0) & (lat_deg == 0)
        valid = ~(missing | invalid | zero)
        east = np.where(valid, wrapped(lon_deg), lon_deg)
    if not (valid & accepted).any():
        causes = ((missing, "without a value"), (zero, "at 0, 0"), (invalid, "on no globe"))
        said = ", ".join(f"{int(mask.sum())} {cause}" for mask, cause in causes if mask.any())
        raise Refused(
            "no_valid_position", f"not one of {valid.size} rows has a usable position: {said}", names["latitude"]
        )
    return Positions(east, lat_deg, valid, missing, invalid, zero)


def judged_depths(depth_m: Floats, pressure_dbar: Floats | None) -> Depths:
    """The depths, taken from pressure where there is none; nearly all of them negative means that up was positive."""
    depth = depth_m.copy()
    none = np.zeros(depth.size, dtype=bool)
    from_pressure = none if pressure_dbar is None else np.isnan(depth) & np.isfinite(pressure_dbar)
    if pressure_dbar is not None:
        depth[from_pressure] = pressure_dbar[from_pressure]
    # Before the sign is judged: a fill value that nobody declared has a sign of its own.
    with np.errstate(invalid="ignore"):
        invalid = np.abs(depth) > _DEEPEST_M
    depth[invalid] = np.nan
    finite = depth[np.isfinite(depth)]
    # Never by profile: a short one may lie above the surface as a whole.
    flipped = bool(finite.size and (finite < 0).mean() > _NEARLY_ALL and finite.min() < -_CERTAINLY_BELOW_M)
    if flipped:
        depth = -depth
    with np.errstate(invalid="ignore"):
        flying = depth < -_HIGHEST_M
    depth[flying] = np.nan
    return Depths(depth, from_pressure, invalid | flying, int(finite.size) if flipped else 0)


def repeated_rows(time_ms: Ints, others: list[NDArray[np.generic]]) -> Mask:
    """True for rows that equal an earlier one in all columns; NaN equals NaN. Rows are in time order."""
    same = np.concatenate(([False], np.diff(time_ms) == 0))
    candidates = np.flatnonzero(same | np.concatenate((same[1:], [False])))
    repeated = np.zeros(time_ms.size, dtype=bool)
    if candidates.size == 0:
        return repeated
    # Two 64-bit mixes of all columns decide: 20 million rows meet by chance once in 10^24 files.
    mixes = np.zeros((2, candidates.size), dtype=np.uint64)
    odd = np.array([[0x9E3779B97F4A7C15], [0xC2B2AE3D27D4EB4F]], dtype=np.uint64)
    for values in (time_ms, *others):
        bits = np.nan_to_num(values[candidates].astype(np.float64), nan=-9.0e307).view(np.uint64)
        mixes ^= bits
        mixes *= odd
        mixes ^= mixes >> np.uint64(29)
    order = np.lexsort((candidates, mixes[1], mixes[0]))
    equal = np.all(mixes[:, order][:, 1:] == mixes[:, order][:, :-1], axis=0)
    repeated[candidates[order[1:][equal]]] = True
    return repeated
