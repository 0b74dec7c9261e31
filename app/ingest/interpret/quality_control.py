"""Quality control: which times and positions are refused, and which warnings exist.

A refusal is raised as `Refused`; a warning is a code of WARNINGS with a count. Bad samples are counted and stored, but
not drawn. The only change to positions is that longitudes are wrapped; `formats.depth_correction` corrects depths.
"""

from dataclasses import dataclass

import numpy as np

from app.domain.longitudes import wrapped
from app.ingest.formats.observations import Floats, Mask
from app.ingest.refusals import Refused

# code: its meaning. Codes are stored with missions, shown on pages and returned by the API.
WARNINGS = {
    "declared_differs": "attributes of the file (span, box, depth) that its data contradict",
    "depth_flagged": "samples whose depth the file flags as bad; the depth is in no figure",
    "depth_from_pressure": "samples whose missing depth is computed from pressure and latitude by TEOS-10",
    "depth_invalid": "samples with an impossible depth, such as an undeclared fill value; it counts as missing",
    "depth_missing": "samples of a glider of which no sample has a depth",
    "depth_negative": "samples above the surface; their depth counts as 0 m",
    "depth_sign_flipped": "samples of a file with nearly all depths negative; the sign was inverted",
    "depth_unit_missing": "samples whose depth or pressure has no unit; metres or decibars are assumed",
    "depth_unit_unknown": "samples whose depth or pressure has an unknown unit; their depth counts as missing",
    "duplicate_rows": "rows that repeat another row exactly; they were dropped",
    "fill_undeclared": "measurements that equal a customary fill value such as -999; they count as missing",
    "flag_unknown": "quality flags of unknown meaning; the values are kept",
    "mission_overlap": "missions of the same vehicle that overlap this one or follow it at once: perhaps one mission",
    "part_of_dataset": "constraints that selected the rows from a larger dataset",
    "parts_differ": "statements such as title or licence in which parts of a mission differ; the fullest part counts",
    "position_flagged": "samples whose position the file flags as bad; it is in no figure",
    "position_invalid": "samples with a latitude or longitude out of range",
    "payload_missing": "navigation file without a payload file; there are no measurements",
    "payload_repeated": "payload rows that repeat another row exactly; they were dropped",
    "payload_unpaired": "payload rows without a position within ten minutes; they are separate samples",
    "position_fill": "latitudes and longitudes that equal a fill value such as -999; they count as missing",
    "position_jump": "profiles, or fixes of a sailbuoy, whose position implies an impossible speed",
    "position_missing": "samples without a position",
    "position_outlier": "samples whose position is far from all others of their profile; it is set aside",
    "position_zero": "samples at exactly 0, 0",
    "profile_missing": "samples of a glider without any profile; its distance is unknown",
    "profile_number_from_zero": "samples of profile 0 in a file that counts from 0; its numbers are increased by 1",
    "profile_number_missing": "samples of a file without profile numbers; turning points of depth are used instead",
    "profile_number_repeated": "profiles with the number of an earlier profile",
    "rows_in_harbour": "rows of a sailbuoy in its harbour, before or after a mission; they were dropped",
    "rows_of_short_trip": "rows of a sailbuoy's trips shorter than three days, which are tests; they were dropped",
    "time_before_deployment": "samples before the start in the name of the mission, as of tests; they are in no figure",
    "time_flagged": "samples whose time the file flags as bad; they are in no figure",
    "time_missing": "rows without a time; they were dropped",
    "time_out_of_range": "samples dated before the earliest accepted day, in the future, or far from the others",
    "valid_range_ignored": "measurements outside a declared range that most values contradict; they are kept",
    "value_flagged": "samples with a measurement that the file flags as bad; it is in no figure",
    "value_invalid": "measurements that no quantity can have, such as 1e20 or 1e39; they count as missing",
    "value_out_of_range": "measurements outside the range that the file declares valid; they count as missing",
}

# Half of the samples: single wrong fixes are errors of positioning, a majority means a wrong unit.
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Positions:
    """(n,) positions and their flaws. `valid` positions have none."""

    lon_deg: Floats
    lat_deg: Floats
    valid: Mask
    missing: Mask
    invalid: Mask
    zero: Mask
    flagged: Mask


def judged_positions(
    lon_deg: Floats, lat_deg: Floats, accepted: Mask, left_out: Mask, names: dict[str, str]
) -> Positions:
    """The positions with longitudes in [-180, 180). `left_out` are those with a bad quality flag.

    Raises Refused if they are not in degrees, or if none is usable.
    """
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
        possible = ~(missing | invalid | zero)
        flagged = possible & left_out
        valid = possible & ~flagged
        east = np.where(possible, wrapped(lon_deg), lon_deg)
    if not (valid & accepted).any():
        causes = (
            *((missing, "without a value"), (zero, "at 0, 0"), (invalid, "out of range")),
            *((flagged, "with a flag of bad quality"),),
        )
        counts = ", ".join(f"{int(mask.sum())} {cause}" for mask, cause in causes if mask.any())
        raise Refused(
            "no_valid_position", f"none of {valid.size} rows has a usable position: {counts}", names["latitude"]
        )
    return Positions(east, lat_deg, valid, missing, invalid, zero, flagged)
