"""Missions of one vehicle that overlap in time, or follow each other at once: perhaps one mission with two names."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.domain.records import Bbox, Figures

# The code of the warning; it counts the other missions.
WARNING = "mission_overlap"
# The time between two deep dives. A glider is not deployed again so soon after its recovery.
FOLLOWS = timedelta(hours=12)
# The sides of boxes of the same data differ by rounding, and by single positions that one of the files lacks.
_APART_DEG = 0.1


def gap(one: Figures, other: Mapping[str, Any]) -> timedelta:
    """The time between two missions; negative, the length of the overlap, if they overlap."""
    start_at: datetime = other["start_at"]
    end_at: datetime = other["end_at"]
    return max(one.start_at - end_at, start_at - one.end_at)


def boxes_meet(one: Bbox | None, other: Bbox | None) -> bool:
    """True if the boxes overlap, or touch within a tenth of a degree; also without a box, which is no contradiction."""
    if not one or not other:
        return True
    west, south, east, north = one
    other_west, other_south, other_east, other_north = other
    if south > other_north + _APART_DEG or other_south > north + _APART_DEG:
        return False
    # East of a box that crosses 180 degrees is continued beyond; the other box may lie a turn away.
    east += 360.0 * (east < west)
    other_east += 360.0 * (other_east < other_west)
    return any(
        west + turn <= other_east + _APART_DEG and other_west <= east + turn + _APART_DEG
        for turn in (-360.0, 0.0, 360.0)
    )
