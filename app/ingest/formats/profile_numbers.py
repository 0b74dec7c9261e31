"""The profile number of each row: of the file, of its phases of flight, or of its directions.

Numbers are made whole and positive: numbers from 0, and times in nanoseconds that serve as numbers, are renumbered.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats.observations import NO_TIME, Floats, Ints, Mask
from app.ingest.formats.variable_source import Variables

NAMES = ("profile_number", "profile_index", "profile_num", "profile_id", "profile")
_DIRECTIONS = ("profile_direction", "direction")
_PHASES = ("phase",)
_PHASE_NUMBERS = ("phase_number",)
# The codes of descent and ascent without `flag_meanings`: of EGO (reference table 9), whose files number the phases,
# and of OceanGliders 1.0.
_EGO_CODES, _OG1_CODES = (1, 4), (2, 1)
# A float holds every whole number up to here; larger ones are times.
_LARGEST = 2**53
# The first profile is as deep as the others, unlike the surface before the first dive, which some call profile 0.
_AS_DEEP = 0.5
_YEAR_MS = 365 * 86_400_000
# Rows with a wrong time may come before the first profile.
_FEW = 0.05


@dataclass(frozen=True, slots=True)
class Numbers:
    """(n,) numbers, whole from 1 within profiles; the variable that they come from, None without any.

    `unused` is a variable of numbers that makes no profiles of these rows: they may be a part of a mission.
    """

    values: Floats
    name: str | None
    unused: str | None = None


def of_rows(file: Variables, shape: tuple[str, ...], time_ms: Ints, depth_m: Floats, warnings: Counter[str]) -> Numbers:
    """The numbers of the rows along `shape`, all 0 without any. depth_m: (n,), NaN where unknown."""

    def along(names: tuple[str, ...]) -> str | None:
        return next((name for name in names if _is_along(file, name, shape)), None)

    number, phase, direction = along(NAMES), along(_PHASES), along(_DIRECTIONS)
    values = np.zeros(time_ms.size)
    if number is not None:
        values = renumbered(file.floats(number).astype(np.float64, copy=False), time_ms, depth_m, warnings)
        if (values >= 1).any():
            return Numbers(values, number)
    if phase is not None:
        of_phase = along(_PHASE_NUMBERS)
        codes = _codes(file, phase, is_ego=of_phase is not None)
        signs = np.select([file.integers(phase) == code for code in codes], [1, -1], 0)
        runs = _runs(signs, time_ms, file.integers(of_phase) if of_phase else None)
        if (runs > 0).any():
            return Numbers(runs, phase)
    if direction is not None:
        signs = np.nan_to_num(np.sign(file.floats(direction)), nan=0.0).astype(np.int64)
        runs = _runs(signs, time_ms, None)
        # The direction alone separates dives only if it changes.
        if runs.max(initial=0) > 1:
            return Numbers(runs, direction)
        values = runs if number is None else values
    return Numbers(values, None, number or phase or direction)


def renumbered(values: Floats, time_ms: Ints, depth_m: Floats, warnings: Counter[str]) -> Floats:
    """The numbers, from 1 if they begin at 0, and by rank if they are times in small units."""
    with np.errstate(invalid="ignore"):
        huge = np.isfinite(values) & (values >= _LARGEST)
        if huge.any() and huge.sum() >= (values >= 1).sum():
            ranks = np.unique(values[huge], return_inverse=True)[1] + 1.0
            by_rank = np.zeros(values.size)
            by_rank[huge] = ranks
            return by_rank
    if _begins_at_zero(values, time_ms, depth_m):
        warnings["profile_number_from_zero"] += int((values == 0).sum())
        return values + 1
    return values


def _begins_at_zero(values: Floats, time_ms: Ints, depth_m: Floats) -> bool:
    """True if 0 is the number of the first profile, and not the mark of samples outside profiles.

    Its rows then are one run before those of number 1, samples outside have another mark, and it is about as deep as
    the other profiles.
    """
    timed = time_ms != NO_TIME
    if not (timed & (values == 0)).any():
        return False
    order = np.argsort(time_ms, kind="stable")
    order = order[timed[order]]
    # A row with the time of a clock that was reset is no evidence.
    order = order[np.abs(time_ms[order] - np.median(time_ms[order])) < _YEAR_MS]
    number, depth = values[order], depth_m[order]
    zero = np.flatnonzero(number == 0)
    if not zero.size or zero[-1] - zero[0] + 1 != zero.size or not (number[zero[-1] :] == 1).any():
        return False
    with np.errstate(invalid="ignore"):
        if (number[: zero[0]] >= 1).sum() > _FEW * number.size or not np.isfinite(depth[zero]).any():
            return False
        has_number = np.isfinite(depth) & (number >= 1)
    if not has_number.any():
        return False
    deepest = [float(depth[has_number & (number == each)].max()) for each in np.unique(number[has_number])[:50]]
    # The deepest sample, not the span alone: few samples of a profile may have a depth.
    deepest_of_zero = float(np.nanmax(depth[zero]))
    reach = max(deepest_of_zero - float(np.nanmin(depth[zero])), deepest_of_zero)
    return bool(reach >= _AS_DEEP * np.median(deepest) and np.median(deepest) > 1)


def _codes(file: Variables, phase: str, is_ego: bool) -> tuple[int, int]:
    """The codes of descent and ascent."""
    meanings = str(file.attribute(phase, "flag_meanings") or "").lower().replace(",", " ").split()
    values = np.ravel(np.asarray(file.attribute(phase, "flag_values") or [], dtype=object)).tolist()
    by_meaning = dict(zip(meanings, values, strict=False))
    try:
        return int(by_meaning["descent"]), int(by_meaning["ascent"])
    except (KeyError, ValueError):
        return _EGO_CODES if is_ego else _OG1_CODES


def _runs(signs: NDArray[np.int64], time_ms: Ints, of_phase: Ints | None) -> Floats:
    """A number for each run of equal signs in time order, from 1; 0 where the sign is 0. `of_phase` divides runs."""
    order = np.argsort(time_ms, kind="stable")
    order = order[time_ms[order] != NO_TIME]
    sign = signs[order]
    starts: Mask = np.diff(sign, prepend=0) != 0
    if of_phase is not None:
        starts |= np.diff(of_phase[order], prepend=-1) != 0
    starts &= sign != 0
    numbers = np.zeros(signs.size)
    numbers[order] = np.where(sign != 0, np.cumsum(starts), 0)
    return numbers


def _is_along(file: Variables, name: str, shape: tuple[str, ...]) -> bool:
    return name in file.variables and tuple(file.variables[name].dimensions) == shape and file.is_number(name)
