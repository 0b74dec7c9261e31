"""A mission's figures, computed from its profiles and what lies outside them. Only importers use it: it needs numpy.

A whole file and a profile that arrives later use the same function, so their figures cannot differ.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.domain.basins import BasinMap
from app.domain.geodesy import bbox_union, step_lengths_m
from app.domain.profiles import MAX_SPEED_M_S, too_fast
from app.domain.records import BasinShare, Bbox, Figures, Finding, YearShare
from app.domain.times import from_ms, seconds_by_year


@dataclass(frozen=True, slots=True)
class Part:
    """The properties of a profile from which the figures of a mission are computed. Position: None without a valid one.

    A vessel that stays at the surface has fixes in place of profiles: `is_profile` is False and the depth is 0.
    """

    number: int
    start_ms: int
    mid_ms: int
    end_ms: int
    lon_deg: float | None
    lat_deg: float | None
    max_depth_m: float
    samples: int
    bbox: Bbox | None
    warnings: Mapping[str, int] = field(default_factory=dict)
    is_profile: bool = True


@dataclass(frozen=True, slots=True)
class Remainder:
    """Samples outside profiles, their span and box, and the warnings that belong to the file as a whole."""

    samples: int = 0
    start_ms: int | None = None
    end_ms: int | None = None
    max_depth_m: float | None = None
    bbox: Bbox | None = None
    warnings: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MissionSummary:
    """The figures of a mission. `flagged` marks, in input order, the parts whose position needs an impossible speed."""

    figures: Figures
    years: tuple[YearShare, ...]
    flagged: tuple[bool, ...]
    basins: tuple[BasinShare, ...]
    warnings: tuple[Finding, ...]


def summarise(
    parts: Sequence[Part], remainder: Remainder, basin_map: BasinMap, max_speed_m_s: float = MAX_SPEED_M_S
) -> MissionSummary:
    """The summary of these parts, which may come in any order. Needs one part, or a span in the remainder.

    Distance is the sum of geodesics between the positions of consecutive parts in the order of their first samples.
    Flagged positions do not enter distance, box and basins; they enter the counts. The distance is unknown if fewer
    than two of several parts have a position.
    """
    order = sorted(range(len(parts)), key=lambda i: (parts[i].start_ms, parts[i].number))
    positioned = [i for i in order if parts[i].lon_deg is not None and parts[i].lat_deg is not None]
    lon = np.array([parts[i].lon_deg for i in positioned], dtype=np.float64)
    lat = np.array([parts[i].lat_deg for i in positioned], dtype=np.float64)
    fast = too_fast(lon, lat, np.array([parts[i].mid_ms for i in positioned], dtype=np.int64), max_speed_m_s)
    flagged_indexes = {i for i, flag in zip(positioned, fast, strict=True) if flag}
    depths = [part.max_depth_m for part in parts if part.is_profile]
    if remainder.max_depth_m is not None:
        depths.append(remainder.max_depth_m)
    starts = [part.start_ms for part in parts] + ([remainder.start_ms] if remainder.start_ms is not None else [])
    end_times_ms = [part.end_ms for part in parts] + ([remainder.end_ms] if remainder.end_ms is not None else [])
    drawn = [parts[i] for i in positioned if i not in flagged_indexes]
    steps = step_lengths_m(lon[~fast], lat[~fast]).tolist()
    figures = Figures(
        samples=remainder.samples + sum(part.samples for part in parts),
        profiles=sum(part.is_profile for part in parts),
        distance_m=float(sum(steps)),
        max_depth_m=max(depths) if depths else None,
        vertical_m=float(sum(parts[i].max_depth_m for i in order)),
        start_at=from_ms(min(starts)),
        end_at=from_ms(max(end_times_ms)),
        bbox=bbox_union([remainder.bbox, *(part.bbox for i, part in enumerate(parts) if i not in flagged_indexes)]),
        is_distance_known=bool(drawn) and len(drawn) >= min(len(parts), 2),
    )
    counts: Counter[str] = Counter(remainder.warnings)
    for part in parts:
        counts.update(part.warnings)
    if flagged_indexes:
        counts["position_jump"] += len(flagged_indexes)
    return MissionSummary(
        figures=figures,
        years=_years(figures, [parts[i] for i in order], drawn, steps, remainder),
        flagged=tuple(i in flagged_indexes for i in range(len(parts))),
        basins=basin_map.shares(lon[~fast], lat[~fast]) if lon.size else (),
        warnings=tuple(Finding(code, count) for code, count in sorted(counts.items()) if count),
    )


def _years(
    figures: Figures, parts: Sequence[Part], drawn: Sequence[Part], steps: Sequence[float], remainder: Remainder
) -> tuple[YearShare, ...]:
    """Shares by year. A step counts in the year of its end, samples outside profiles in the year they begin."""
    seconds = seconds_by_year(figures.start_at, figures.end_at)
    profiles: Counter[int] = Counter()
    samples: Counter[int] = Counter()
    distance_m: dict[int, float] = dict.fromkeys(seconds, 0.0)
    vertical_m: dict[int, float] = dict.fromkeys(seconds, 0.0)
    # Most missions lie within one year, and the year of a time takes a third of this function.
    only = figures.start_at.year if figures.start_at.year == figures.end_at.year else None
    for part in parts:
        year = only or from_ms(part.mid_ms).year
        profiles[year] += part.is_profile
        samples[year] += part.samples
        vertical_m[year] += part.max_depth_m
    for part, step in zip(drawn[1:], steps, strict=True):
        distance_m[only or from_ms(part.mid_ms).year] += step
    opening = from_ms(remainder.start_ms).year if remainder.start_ms is not None else figures.start_at.year
    samples[opening] += remainder.samples
    return tuple(
        YearShare(year, seconds[year], profiles[year], samples[year], distance_m[year], vertical_m[year])
        for year in sorted(seconds)
    )
