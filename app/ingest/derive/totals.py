"""Totals over all missions: of the fleet, and by year, basin, year and basin, and platform.

They are summed in two steps, so that a change costs only the missions of its platform: these make its subtotals, and
the subtotals of a scope make the totals of that scope.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.domain.records import known_distance_m
from app.domain.times import Span, merged, union_s, year_opens
from app.domain.totals import Subtotal, Totals

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_SUMS = ("profiles", "samples", "vertical_m", "time_at_sea_s")


@dataclass(slots=True)
class _Sum:
    """Running sums of a scope."""

    values: dict[str, float] = field(default_factory=lambda: dict.fromkeys(_SUMS, 0.0))
    # None until a distance is known.
    distance_m: float | None = None
    missions: int = 0
    platforms: set[str] = field(default_factory=set)
    last_data_at: datetime = _LONG_AGO
    # None in a scope without a year.
    spans: list[Span] | None = None

    def add(
        self,
        missions: int,
        platform: str,
        last_at: datetime,
        values: Mapping[str, float],
        distance_m: float | None,
        share: float = 1.0,
    ) -> None:
        self.missions += missions
        self.platforms.add(platform)
        self.last_data_at = max(self.last_data_at, last_at)
        for name in _SUMS:
            self.values[name] += values[name] * share
        if distance_m is not None:
            self.distance_m = (self.distance_m or 0.0) + distance_m * share

    def under_way(self, spans: Iterable[Span]) -> None:
        self.spans = [*(self.spans or ()), *spans]


def summed(documents: Iterable[Mapping[str, Any]], now: datetime) -> list[Totals]:
    """The totals of every scope that these missions (documents as `store.missions.sums` gives them) touch."""
    return totals(subtotals(documents), now)


def subtotals(documents: Iterable[Mapping[str, Any]]) -> list[Subtotal]:
    """The contribution of each platform's missions to every scope, ordered by scope and platform."""
    sums: defaultdict[tuple[str, str], _Sum] = defaultdict(_Sum)
    for doc in documents:
        figures, platform = doc["figures"], doc["platform"]
        start_at, end_at = figures["start_at"], figures["end_at"]
        values = {**figures, "time_at_sea_s": (end_at - start_at).total_seconds()}
        distance_m = known_distance_m(figures["distance_m"], figures["profiles"], figures.get("is_distance_known"))
        sums["fleet", platform].add(1, platform, end_at, values, distance_m)
        sums[f"platform:{platform}", platform].add(1, platform, end_at, values, distance_m)
        for basin in doc["basins"]:
            sums[f"basin:{basin['id']}", platform].add(1, platform, end_at, values, distance_m, basin["share"])
        for share_of_year in doc["by_year"]:
            year = share_of_year["year"]
            span = max(start_at, year_opens(year)), min(end_at, year_opens(year + 1))
            scopes = [(f"year:{year}", 1.0)]
            scopes += [(f"year_basin:{year}/{basin['id']}", basin["share"]) for basin in doc["basins"]]
            for scope, share in scopes:
                total = sums[scope, platform]
                of_year_m = None if distance_m is None else share_of_year["distance_m"]
                total.add(1, platform, span[1], share_of_year, of_year_m, share)
                total.under_way([span])
    return [_subtotal(scope, platform, total) for (scope, platform), total in sorted(sums.items())]


def totals(subtotals: Iterable[Subtotal], now: datetime) -> list[Totals]:
    """The totals of every scope that has subtotals, in the order of their scopes."""
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)
    for subtotal in subtotals:
        total = sums[subtotal.scope]
        values = {name: getattr(subtotal, name) for name in _SUMS}
        total.add(subtotal.missions, subtotal.platform, subtotal.last_data_at, values, subtotal.distance_m)
        if subtotal.spans is not None:
            total.under_way(subtotal.spans)
    return [_totals(scope, total, now) for scope, total in sorted(sums.items())]


def _subtotal(scope: str, platform: str, total: _Sum) -> Subtotal:
    spans = None if total.spans is None else tuple(merged(total.spans))
    return Subtotal(
        scope,
        platform,
        total.missions,
        **total.values,
        distance_m=total.distance_m,
        last_data_at=total.last_data_at,
        spans=spans,
    )


def _totals(scope: str, total: _Sum, now: datetime) -> Totals:
    values = total.values
    return Totals(
        scope=scope,
        missions=total.missions,
        platforms=len(total.platforms),
        profiles=round(values["profiles"]),
        samples=round(values["samples"]),
        distance_m=total.distance_m,
        vertical_m=values["vertical_m"],
        time_at_sea_s=values["time_at_sea_s"],
        last_data_at=total.last_data_at,
        computed_at=now,
        under_way_s=None if total.spans is None else union_s(total.spans),
    )
