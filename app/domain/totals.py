"""Totals over a scope, and the subtotals of platforms that they consist of (ADR 9)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over a scope: `fleet`, `year:2022`, `basin:SEA-007`, `year_basin:2022/SEA-007`, `platform:smilla77`.

    Simulated missions never count. A basin or year counts the part of a mission's time at sea that lies in it, and
    every mission that touches it. `under_way_s` is the time of a year with at least one mission at sea (the union of
    their spans); None for other scopes. `distance_m` sums the known distances; None without any.
    """

    scope: str
    missions: int
    platforms: int
    profiles: int
    samples: int
    distance_m: float | None
    vertical_m: float
    time_at_sea_s: float
    last_data_at: datetime | None
    computed_at: datetime
    under_way_s: float | None = None


@dataclass(frozen=True, slots=True)
class Subtotal:
    """One platform's contribution to the totals of a scope; counts are fractions where a basin has a share.

    `spans`: disjoint times of a year with at least one of its missions at sea; None for other scopes.
    """

    scope: str
    platform: str
    missions: int
    profiles: float
    samples: float
    distance_m: float | None
    vertical_m: float
    time_at_sea_s: float
    last_data_at: datetime
    spans: tuple[tuple[datetime, datetime], ...] | None = None
