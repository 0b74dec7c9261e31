"""Platforms as pages and endpoints show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain.records import BasinShare, Platform
from app.errors import Invalid, NotFound
from app.queries import cursors
from app.store import missions, platforms

# The words of OceanOPS that data alone can tell. Probable, Confirmed and Registered are about plans, Active about
# positions without data.
Status = Literal["operational", "inactive", "closed"]
# OceanOPS closes a float that it has not heard of for 365 days; gliders go to sea once or several times a year.
CLOSED_AFTER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class PlatformPage:
    """A page of platforms, and the cursor of the next one (None on the last)."""

    items: list[Platform]
    next: str | None


def find(name: str) -> Platform:
    """The platform with this id or serial, in whatever case. Raises NotFound."""
    found = platforms.find(name)
    if found is None:
        raise NotFound(f"There is no platform {name}.")
    return found


def status(platform: Platform, now: datetime, active_window_h: float) -> Status:
    """Where the platform stands by the age of its newest data; exactly as old as the window is operational."""
    silence = now - platform.last_seen_at
    if silence <= timedelta(hours=active_window_h):
        return "operational"
    return "inactive" if silence <= CLOSED_AFTER else "closed"


def status_until(platform: Platform, now: datetime, active_window_h: float) -> datetime | None:
    """The moment up to which the platform keeps its status if it stays silent; None when it is closed for good."""
    ends = (platform.last_seen_at + timedelta(hours=active_window_h), platform.last_seen_at + CLOSED_AFTER)
    return min((end for end in ends if end >= now), default=None)


def years(platform: Platform) -> list[int]:
    """The UTC years in which the platform has data, newest first."""
    return missions.years_of(platform.platform, platform.simulated)


def page(limit: int = 50, cursor: str | None = None, simulated: bool = False) -> PlatformPage:
    """A page of platforms. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else (None,)
    found = platforms.page(limit + 1, after=after, simulated=simulated)
    items = found[:limit]
    return PlatformPage(items, cursors.encode(items[-1].platform) if len(found) > limit else None)


def heard(
    limit: int = 50, cursor: str | None = None, simulated: bool = False, silent_first: bool = False
) -> PlatformPage:
    """A page of platforms, last heard first or silent for longest first. Raises Invalid("cursor")."""
    order = "silent" if silent_first else "heard"
    after = cursors.decode(cursor, str, datetime, str) if cursor else None
    if after is not None and after[0] != order:
        raise Invalid("cursor", "belongs to another order of the list")
    found = platforms.by_last_seen(limit + 1, (after[1], after[2]) if after else None, simulated, silent_first)
    items = found[:limit]
    more = cursors.encode(order, items[-1].last_seen_at, items[-1].platform) if len(found) > limit else None
    return PlatformPage(items, more)


def silent(since: datetime, limit: int, simulated: bool = False) -> list[Platform]:
    """At most `limit` platforms that have not been heard since that moment, last heard first."""
    return platforms.silent(since, limit, simulated)


def silent_until(since: datetime, simulated: bool = False) -> datetime | None:
    """When the next platform was heard that is not among those of `silent` yet; None when all are."""
    return platforms.first_seen_since(since, simulated)


def last_basins(found: Sequence[Platform]) -> dict[str, tuple[BasinShare, ...]]:
    """The basins of the newest mission of each of these platforms, by platform."""
    shares = missions.basins_of([f"{platform.platform}/{platform.last_mission}" for platform in found])
    return {name.partition("/")[0]: basins for name, basins in shares.items()}


def named(ids: list[str]) -> dict[str, Platform]:
    """The platforms with these ids, by id."""
    return platforms.named(ids)
