"""Profiles of a file without numbers, found by the turning points of depth.

The method is that of the field's tools (pyglider's `get_profiles_new`, the glider toolbox of SOCIB): a dive or a climb
is a change of depth of at least 10 m, of at least a minute, without a reversal of that size. The parts at its ends in
which the glider stays at one depth belong to no profile.
"""

from itertools import pairwise

import numpy as np

from app.ingest.formats.observations import Floats, Ints

# Parameters of pyglider: the least difference of pressure (min_dp). Waves and noise are smaller.
LEAST_CHANGE_M = 10.0
# A glider that inflects or drifts at the surface stays within this range.
_STILL_M = 1.0
LEAST_DURATION_MS = 60_000
# A longer pause without samples ends a profile: the glider may have surfaced in between.
_PAUSE_MS = 3_600_000


def numbers(time_ms: Ints, depth_m: Floats) -> Ints:
    """The number of the profile of each row, from 1; 0 outside profiles. time_ms: (n,) in order; depth_m: (n,)."""
    number = np.zeros(time_ms.size, dtype=np.int64)
    rows = np.flatnonzero(np.isfinite(depth_m))
    if rows.size < 2:
        return number
    count = 0
    for part in np.split(rows, np.flatnonzero(np.diff(time_ms[rows]) > _PAUSE_MS) + 1):
        for first, last in _monotonous(depth_m[part]):
            if time_ms[part[last]] - time_ms[part[first]] >= LEAST_DURATION_MS:
                count += 1
                # Rows without a depth between two others belong to the profile, too. The turning point belongs to the
                # profile that ends there.
                rows_of_profile = np.arange(part[first], part[last] + 1)
                number[rows_of_profile[number[rows_of_profile] == 0]] = count
    return number


def _monotonous(depth_m: Floats) -> list[tuple[int, int]]:
    """The first and last index of each dive and climb of at least `LEAST_CHANGE_M`."""
    turns = _turns(depth_m)
    found: list[tuple[int, int]] = []
    for begin, end in pairwise(turns):
        if abs(depth_m[end] - depth_m[begin]) < LEAST_CHANGE_M:
            continue
        segment = depth_m[begin : end + 1]
        still_at_begin = np.flatnonzero(np.abs(segment - segment[0]) <= _STILL_M)
        still_at_end = np.flatnonzero(np.abs(segment - segment[-1]) <= _STILL_M)
        first, last = begin + int(still_at_begin[-1]), begin + int(still_at_end[0])
        if first < last:
            found.append((first, last))
    return found


def _turns(depth_m: Floats) -> list[int]:
    """The indexes of the ends and of the turning points: extremes before a reversal of at least `LEAST_CHANGE_M`."""
    depths = depth_m.tolist()
    turns: list[int] = []
    lowest = highest = 0
    direction = 0
    for i, depth in enumerate(depths):
        if direction >= 0 and depth > depths[highest]:
            highest = i
        if direction <= 0 and depth < depths[lowest]:
            lowest = i
        if direction == 0:
            if depths[highest] - depths[lowest] >= LEAST_CHANGE_M:
                direction = 1 if highest > lowest else -1
                turns.append(lowest if direction > 0 else highest)
        elif direction > 0 and depths[highest] - depth >= LEAST_CHANGE_M:
            turns.append(highest)
            direction, lowest = -1, i
        elif direction < 0 and depth - depths[lowest] >= LEAST_CHANGE_M:
            turns.append(lowest)
            direction, highest = 1, i
    if direction:
        turns.append(highest if direction > 0 else lowest)
    return turns
