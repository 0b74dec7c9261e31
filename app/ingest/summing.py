"""The totals that derive from all missions: of the fleet, and of each year, basin, both together, and platform."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.domain.records import Totals
from app.domain.times import union_s, year_opens

_SUMS = ("profiles", "samples", "distance_m", "vertical_m", "time_at_sea_s")


class _Sum:
    """What adds up in a scope."""

    def __init__(self) -> None:
        self.values = dict.fromkeys(_SUMS, 0.0)
        self.missions = 0
        self.platforms: set[str] = set()
        self.last_data_at: datetime | None = None
        self.spans: list[tuple[datetime, datetime]] = []

    def add(self, doc: Mapping[str, Any], values: Mapping[str, float], share: float, year: int | None) -> None:
        start_at, end_at = doc["figures"]["start_at"], doc["figures"]["end_at"]
        self.missions += 1
        self.platforms.add(doc["platform"])
        # Of a year, what lies in it.
        last_at = end_at if year is None else min(end_at, year_opens(year + 1))
        self.last_data_at = max(self.last_data_at or last_at, last_at)
        for name in _SUMS:
            self.values[name] += values[name] * share
        if year is not None:
            self.spans.append((max(start_at, year_opens(year)), last_at))


def summed(documents: Iterable[Mapping[str, Any]], now: datetime) -> list[Totals]:
    """The totals of the fleet and of every year, basin, basin in a year and platform that these missions touch."""
    sums: defaultdict[str, _Sum] = defaultdict(_Sum)

    def add(
        scope: str, doc: Mapping[str, Any], values: Mapping[str, float], share: float = 1.0, year: int | None = None
    ) -> None:
        sums[scope].add(doc, values, share, year)

    for doc in documents:
        figures = doc["figures"]
        whole = {**figures, "time_at_sea_s": (figures["end_at"] - figures["start_at"]).total_seconds()}
        add("fleet", doc, whole)
        add(f"platform:{doc['platform']}", doc, whole)
        for basin in doc["basins"]:
            add(f"basin:{basin['id']}", doc, whole, basin["share"])
        for part in doc["by_year"]:
            add(f"year:{part['year']}", doc, part, year=part["year"])
            for basin in doc["basins"]:
                add(f"year_basin:{part['year']}/{basin['id']}", doc, part, basin["share"], part["year"])
    return [_totals(scope, found, now) for scope, found in sorted(sums.items())]


def _totals(scope: str, found: _Sum, now: datetime) -> Totals:
    values = found.values
    return Totals(
        scope=scope,
        missions=found.missions,
        platforms=len(found.platforms),
        profiles=round(values["profiles"]),
        samples=round(values["samples"]),
        distance_m=values["distance_m"],
        vertical_m=values["vertical_m"],
        time_at_sea_s=values["time_at_sea_s"],
        last_data_at=found.last_data_at,
        computed_at=now,
        under_way_s=union_s(found.spans) if found.spans else None,
    )
