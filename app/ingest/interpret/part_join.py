"""Consecutive files of one mission as one: the rows of all parts, in the order of time.

Figures of joined parts are those of one file with all rows, because nothing is judged before the rows are joined.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import depth_correction, profile_numbers
from app.ingest.formats.observations import NO_TIME, NUMBERING, Flags, Floats, Ints, Observations
from app.ingest.interpret import metadata, part_columns
from app.ingest.interpret.part_columns import REMEDY
from app.ingest.refusals import Refused

# A logger that ends a file within a profile continues it in the next one at once.
_SAME_PROFILE_MS = 10 * 60 * 1000
_FROM_ZERO = "profile_number_from_zero"
# Attributes that describe all rows of a part: they are wrong for the mission.
_OF_ALL_ROWS = ("time_coverage_", "geospatial_")
# Statements that should be the same in all parts of a mission. Summaries and comments may be those of a part.
_OF_THE_MISSION = (
    "name", "title", "project", "program", "institution", "operator", "pi", "licence", "doi", "platform_name",
    "platform_model", "platform_serial", "wmo_id",
)  # fmt: skip
WARNING = "parts_differ"
_TURNED = "depth_sign_flipped"


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file that holds a part of a mission, and the span of its data."""

    file_name: str
    sha256: str
    size_bytes: int
    start_at: datetime
    end_at: datetime
    modified_at: datetime | None


def digest_of(files: Sequence[FilePart]) -> str:
    """The digest that the version of the joined parts derives from."""
    return hashlib.sha256("\n".join(file.sha256 for file in files).encode()).hexdigest()


def joined(parts: Sequence[Observations]) -> Observations:
    """The rows of at least one part, oldest first, as those of one file.

    The part that states most describes the mission, the latest of equals; the others add what it does not state. Raises
    Refused for parts of different forms, and for variables of different units or quantities.
    """
    parts = [_upright(part) for part in parts]
    last = parts[-1]
    _require_same_form(parts)
    described = [metadata.described(part) for part in parts]
    by_statements = [parts[i] for i in sorted(range(len(parts)), key=lambda i: len(described[i]))]
    attributes = {name: value for part in by_statements for name, value in part.attributes.items()}
    warnings: Counter[str] = Counter()
    for part in parts:
        warnings.update(part.warnings)
    warnings[WARNING] = sum(_is_stated_differently(name, described) for name in _OF_THE_MISSION)

    def together(values: Callable[[Observations], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([values(part) for part in parts])

    number = _numbers(parts, warnings)
    names = {name: text for part in parts for name, text in part.names.items()}
    if NUMBERING in names and number.max(initial=0) > 1:
        # Profiles that no part shows alone, such as one descent and one ascent.
        names.setdefault("number", names[NUMBERING])
    return replace(
        last,
        attributes={name: value for name, value in attributes.items() if not name.lower().startswith(_OF_ALL_ROWS)},
        texts={name: text for part in by_statements for name, text in part.texts.items()},
        time_ms=together(lambda part: part.time_ms),
        lon_deg=together(lambda part: part.lon_deg),
        lat_deg=together(lambda part: part.lat_deg),
        depth_m=together(lambda part: part.depth_m),
        number=number,
        weight=together(lambda part: part.weight),
        columns=part_columns.joined(parts),
        flags=_flags(parts),
        names=names,
        warnings=dict(warnings),
        unread={name: reason for part in parts for name, reason in part.unread.items()},
    )


def _upright(part: Observations) -> Observations:
    """The part with depths that are positive down: the parts of a mission may have different signs."""
    if part.is_surface or not depth_correction.are_upwards(part.depth_m):
        return part
    count = int(np.isfinite(part.depth_m).sum())
    return replace(part, depth_m=-part.depth_m, warnings={**part.warnings, _TURNED: count})


def _is_stated_differently(name: str, described: Sequence[Mapping[str, Any]]) -> bool:
    return len({" ".join(str(each[name]).lower().split()) for each in described if name in each}) > 1


def _require_same_form(parts: Sequence[Observations]) -> None:
    forms = {(part.format, part.kind, part.is_numbered or NUMBERING in part.names) for part in parts}
    if len(forms) > 1 or any(part.is_continuous or part.trajectories for part in parts):
        raise Refused("part_of_mission", f"the parts of the mission have different forms: {REMEDY}")


def _flags(parts: Sequence[Observations]) -> dict[str, Flags]:
    """The flags of time, position and depth in all parts."""
    names = dict.fromkeys(name for part in parts for name in part.flags)
    flags = {name: part_columns.flags_of([part.flags.get(name) for part in parts], parts) for name in names}
    return {name: of_name for name, of_name in flags.items() if of_name is not None}


def _numbers(parts: Sequence[Observations], warnings: Counter[str]) -> Floats:
    """The raw numbers of the profiles of all parts; equal numbers in two parts mean one profile.

    A numbering that begins again in a part continues after the highest number before it. A profile that a part ends
    within keeps its number.
    """
    numbers = _from_one(parts)
    highest = previous = 0.0
    for i, part in enumerate(parts):
        inside = _in_profiles(part.time_ms, numbers[i])
        if not inside.size:
            continue
        own = numbers[i]
        first, lowest = float(own[inside[0]]), float(own[inside].min())
        if first < previous or first == previous == 1:
            is_same = _continues(parts[i - 1], numbers[i - 1], part, own)
            numbers[i] = np.where(own >= 1, own + (previous - first if is_same else highest + 1 - lowest), own)
        highest = max(highest, float(numbers[i][inside].max()))
        previous = float(numbers[i][inside[-1]])
    together = np.concatenate(numbers)
    if any(_FROM_ZERO in part.warnings for part in parts):
        return together
    # The first part may hold profile 0 alone, which it does not show.
    time_ms, depth_m = (np.concatenate([getattr(part, name) for part in parts]) for name in ("time_ms", "depth_m"))
    return profile_numbers.renumbered(together, time_ms, depth_m, warnings)


def _from_one(parts: Sequence[Observations]) -> list[Floats]:
    """The numbers of each part, from 1 if they count from 0: the reader has increased those of parts that show it."""
    are_from_zero = [_FROM_ZERO in part.warnings for part in parts]
    numbers: list[Floats] = []
    for i, part in enumerate(parts):
        # Later parts go on; an earlier one may hold profile 0 alone.
        goes_on = any(are_from_zero[:i]) or (any(are_from_zero) and not (part.number >= 1).any())
        numbers.append(part.number + 1 if goes_on and not are_from_zero[i] else part.number)
    return numbers


def _in_profiles(time_ms: Ints, number: Floats) -> NDArray[np.intp]:
    """The rows within profiles in the order of time."""
    with np.errstate(invalid="ignore"):
        inside = np.flatnonzero((time_ms != NO_TIME) & (number >= 1) & (number % 1 == 0))
    ordered: NDArray[np.intp] = inside[np.argsort(time_ms[inside], kind="stable")]
    return ordered


def _continues(before: Observations, number_before: Floats, after: Observations, number_after: Floats) -> bool:
    """True if the profile at the end of a part goes on at the begin of the next one, at once and in its direction."""
    last, first = _in_time_order(before)[::-1], _in_time_order(after)
    if not (number_before[last[0]] >= 1 and number_after[first[0]] >= 1):
        return False
    if after.time_ms[first[0]] - before.time_ms[last[0]] > _SAME_PROFILE_MS:
        return False
    ends = [-_trend(before, last), _trend(after, first)]
    return 0 in ends or ends[0] == ends[1]


def _in_time_order(part: Observations) -> NDArray[np.intp]:
    timed = np.flatnonzero(part.time_ms != NO_TIME)
    ordered: NDArray[np.intp] = timed[np.argsort(part.time_ms[timed], kind="stable")]
    return ordered


def _trend(part: Observations, rows: NDArray[np.intp]) -> int:
    """The sign of the change of depth along the first of these rows, as far as they belong to one profile."""
    is_other = part.number[rows] != part.number[rows[0]]
    end = int(np.argmax(is_other)) if is_other.any() else rows.size
    depth_m = part.depth_m[rows[:end]]
    depth_m = depth_m[np.isfinite(depth_m)]
    return int(np.sign(depth_m[-1] - depth_m[0])) if depth_m.size else 0
