"""Consecutive files of one mission as one: the rows of all parts, in the order of time.

Figures of joined parts are those of one file with all rows, because nothing is judged before the rows are joined.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Variable
from app.ingest.formats import profile_numbers
from app.ingest.formats.observations import NO_TIME, Column, Floats, Ints, Observations
from app.ingest.refusals import Refused

# A logger that ends a file within a profile continues it in the next one at once.
_SAME_PROFILE_MS = 10 * 60 * 1000
# Attributes that describe all rows of a part: they are wrong for the mission.
_OF_ALL_ROWS = ("time_coverage_", "geospatial_")
REMEDY = "import one file with all parts of the mission, or give each part a name of its own with --mission"


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

    Attributes of later parts replace those of earlier ones. Raises Refused for parts of different forms.
    """
    last = parts[-1]
    for part in parts:
        _require_same_form(part, last)
    attributes = {name: value for part in parts for name, value in part.attributes.items()}
    warnings: Counter[str] = Counter()
    for part in parts:
        warnings.update(part.warnings)

    def together(values: Callable[[Observations], NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate([values(part) for part in parts])

    return replace(
        last,
        attributes={name: value for name, value in attributes.items() if not name.lower().startswith(_OF_ALL_ROWS)},
        texts={name: text for part in parts for name, text in part.texts.items()},
        time_ms=together(lambda part: part.time_ms),
        lon_deg=together(lambda part: part.lon_deg),
        lat_deg=together(lambda part: part.lat_deg),
        depth_m=together(lambda part: part.depth_m),
        number=_numbers(parts, warnings),
        weight=together(lambda part: part.weight),
        columns=_columns(parts),
        names={name: text for part in parts for name, text in part.names.items()},
        warnings=dict(warnings),
        unread={name: reason for part in parts for name, reason in part.unread.items()},
    )


def _require_same_form(part: Observations, last: Observations) -> None:
    forms = [(each.format, each.kind, each.is_numbered) for each in (part, last)]
    if forms[0] != forms[1] or part.is_continuous or part.trajectories:
        raise Refused("part_of_mission", f"the parts of the mission have different forms: {REMEDY}")


def _columns(parts: Sequence[Observations]) -> tuple[Column, ...]:
    abouts: dict[str, Variable] = {}
    for part in parts:
        for column in part.columns:
            about = abouts.setdefault(column.about.name, column.about)
            if about.unit != column.about.unit:
                units = f"{about.unit or 'no unit'} and {column.about.unit or 'no unit'}"
                raise Refused("part_of_mission", f"the parts of the mission have {units}: {REMEDY}", about.name)
    return tuple(_column(about, parts) for about in abouts.values())


def _column(about: Variable, parts: Sequence[Observations]) -> Column:
    """The values of a variable in all parts, NaN for a part without it."""
    found = [next((c for c in part.columns if c.about.name == about.name), None) for part in parts]
    absent = np.float32(np.nan)
    values = [
        np.full(part.time_ms.size, absent) if column is None else column.values
        for part, column in zip(parts, found, strict=True)
    ]
    good = [column.good for column in found if column is not None and column.good is not None]
    checked = [column.checked for column in found if column is not None and column.checked is not None]
    return Column(about, np.concatenate(values), sum(good) if good else None, sum(checked) if checked else None)


def _numbers(parts: Sequence[Observations], warnings: Counter[str]) -> Floats:
    """The raw numbers of the profiles of all parts; equal numbers in two parts mean one profile.

    A numbering that begins again in a part continues after the highest number before it. A profile that a part ends
    within keeps its number.
    """
    numbers: list[Floats] = []
    highest = previous = 0.0
    is_shifted = False
    for i, part in enumerate(parts):
        # The reader has increased the numbers of a part that counts from 0.
        is_from_zero = "profile_number_from_zero" in part.warnings
        own = part.number + (1.0 if is_shifted and not is_from_zero else 0.0)
        is_shifted = is_shifted or is_from_zero
        inside = _in_profiles(part.time_ms, own)
        if inside.size:
            first, lowest = float(own[inside[0]]), float(own[inside].min())
            if first < previous or first == previous == 1:
                is_same = _continues(parts[i - 1], part)
                own = np.where(own >= 1, own + (previous - first if is_same else highest + 1 - lowest), own)
            highest = max(highest, float(own[inside].max()))
            previous = float(own[inside[-1]])
        numbers.append(own)
    together = np.concatenate(numbers)
    if is_shifted:
        return together
    # The first part may hold profile 0 alone, which it does not show.
    time_ms, depth_m = (np.concatenate([getattr(part, name) for part in parts]) for name in ("time_ms", "depth_m"))
    return profile_numbers.renumbered(together, time_ms, depth_m, warnings)


def _in_profiles(time_ms: Ints, number: Floats) -> NDArray[np.intp]:
    """The rows within profiles in the order of time."""
    with np.errstate(invalid="ignore"):
        inside = np.flatnonzero((time_ms != NO_TIME) & (number >= 1) & (number % 1 == 0))
    ordered: NDArray[np.intp] = inside[np.argsort(time_ms[inside], kind="stable")]
    return ordered


def _continues(before: Observations, after: Observations) -> bool:
    """True if the profile at the end of a part goes on at the begin of the next one, at once and in its direction."""
    timed = [np.flatnonzero(part.time_ms != NO_TIME) for part in (before, after)]
    last = timed[0][np.argmax(before.time_ms[timed[0]])]
    first = timed[1][np.argmin(after.time_ms[timed[1]])]
    if not (before.number[last] >= 1 and after.number[first] >= 1):
        return False
    if after.time_ms[first] - before.time_ms[last] > _SAME_PROFILE_MS:
        return False
    ends = [_trend(before, before.number[last]), _trend(after, after.number[first])]
    return 0 in ends or ends[0] == ends[1]


def _trend(part: Observations, number: float) -> int:
    """1 for a profile that goes down, -1 up, 0 unknown."""
    rows = np.flatnonzero((part.number == number) & np.isfinite(part.depth_m) & (part.time_ms != NO_TIME))
    depth_m = part.depth_m[rows[np.argsort(part.time_ms[rows], kind="stable")]]
    return int(np.sign(depth_m[-1] - depth_m[0])) if depth_m.size else 0
