"""Positions that a sender reports, without profiles: the newest one may be newer than all data of its platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain import reporting
from app.domain.last_position import LastPosition
from app.domain.records import Platform
from app.domain.times import to_ms

# What became of a position: the newest one of its platform, stored beside a newer one, or stored before.
Outcome = Literal["newest", "earlier", "unchanged"]
# Fixes by Iridium arrive hours late, and a sender may repeat what it could not deliver for weeks.
OLDEST = timedelta(days=30)
# The clock of a receiver on land may be fast.
FUTURE_TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ReportedPosition:
    """A reported position of a platform. `accuracy_m` is the sender's radius of uncertainty, None if unknown."""

    platform: str
    at: datetime
    lon_deg: float
    lat_deg: float
    accuracy_m: float | None = None

    @property
    def id(self) -> str:
        """The key: a platform has one position at a time."""
        return f"{self.platform}/{to_ms(self.at)}"

    @property
    def as_last(self) -> LastPosition:
        """As the last position of its platform."""
        return LastPosition(self.at, self.lon_deg, self.lat_deg, self.accuracy_m, is_reported=True)


def newest(of_data: LastPosition | None, reported: ReportedPosition | None) -> LastPosition | None:
    """The last position of a platform: the reported one if it is newer than that of its data."""
    if reported is None or (of_data is not None and reported.at <= of_data.at):
        return of_data
    return reported.as_last


def times(positions: Mapping[str, ReportedPosition]) -> dict[str, datetime]:
    """The time of each position, by platform."""
    return {platform: position.at for platform, position in positions.items()}


def state_changes(platform: Platform, position: ReportedPosition | None) -> tuple[datetime, datetime, datetime]:
    """When the platform becomes late, silent and over; a reported position counts as a report, not as data."""
    reported_at = None if position is None else position.at
    late_at, silent_at = reporting.delayed_by_report(
        platform.late_at, platform.silent_at, platform.last_seen_at, reported_at
    )
    return late_at, silent_at, platform.over_from
