"""The entries of the sitemap, each with the end of its data."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app.domain.records import Platform
from app.domain.totals import Totals
from app.store import missions, platforms, totals

# The limit of one file in the sitemap protocol (https://www.sitemaps.org/protocol.html).
LARGEST = 50_000


@dataclass(frozen=True, slots=True)
class Entries:
    """The totals of the fleet (None in an empty store), the platforms, and the totals of the basins with missions."""

    fleet: Totals | None
    platforms: list[Platform]
    basins: list[Totals]


def entries() -> Entries:
    """The entries that are not missions: dozens or hundreds of pages."""
    return Entries(totals.find("fleet"), platforms.by_last_seen(LARGEST), totals.of_kind("basin"))


def years() -> list[int]:
    """The years in which missions have data, latest first."""
    return sorted((int(year.scope.partition(":")[2]) for year in totals.of_kind("year")), reverse=True)


def missions_of(year: int | None = None) -> list[tuple[str, str, datetime]]:
    """(platform, mission, end of the data) of all missions, or of those whose data end in a year; at most LARGEST."""
    if year is None:
        return missions.addresses(LARGEST)
    return missions.addresses(LARGEST, since=_new_year(year), until=_new_year(year + 1))


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)
