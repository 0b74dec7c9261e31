"""Platforms, their status, and the order of their last data."""

from datetime import datetime, timedelta
from typing import Literal

from app.domain import reported_positions as rule
from app.domain import reporting
from app.domain.records import Platform
from app.domain.reporting import State
from app.errors import Invalid
from app.queries import absences, clock, cursors, reported_positions
from app.queries.cursors import Page
from app.store import missions, platforms
from app.store.platforms import Reporting

# The statuses of OceanOPS that follow from data alone. Probable, Confirmed and Registered need plans, Active needs
# positions without data.
Status = Literal["operational", "inactive", "closed"]
# OceanOPS closes a float after 365 days without data; gliders are deployed at least once a year.
CLOSED_AFTER = timedelta(days=365)


def find(name: str) -> Platform:
    """The platform with this id or serial, in upper or lower case. Raises NotFound, and Moved for a former id."""
    platform = platforms.find(name)
    if platform is None:
        raise absences.of_platform(name)
    return platform


def status(platform: Platform, now: datetime, active_window_h: float) -> Status:
    """The status by the age of the newest data; data exactly as old as the window are operational."""
    age = now - platform.last_seen_at
    if age <= timedelta(hours=active_window_h):
        return "operational"
    return "inactive" if age <= CLOSED_AFTER else "closed"


def status_until(platform: Platform, now: datetime, active_window_h: float) -> datetime | None:
    """The time until which the status stays the same without new data; None if the platform is closed."""
    changes_at = (platform.last_seen_at + timedelta(hours=active_window_h), platform.last_seen_at + CLOSED_AFTER)
    return min((at for at in changes_at if at >= now), default=None)


def last_data_with(status: Status, now: datetime, active_window_h: float) -> tuple[datetime | None, datetime | None]:
    """The bounds of the last data of platforms with this status: at or after the first, before the second."""
    active_from, closed_before = now - timedelta(hours=active_window_h), now - CLOSED_AFTER
    bounds: dict[Status, tuple[datetime | None, datetime | None]] = {
        "operational": (active_from, None),
        "inactive": (closed_before, active_from),
        "closed": (None, closed_before),
    }
    return bounds[status]


def status_changes_at(now: datetime, active_window_h: float, simulated: bool) -> datetime | None:
    """The earliest time at which a platform gets another status without new data; None if all are closed."""
    ages = (timedelta(hours=active_window_h), CLOSED_AFTER)
    seen = [(platforms.first_seen_since(now - age, simulated), age) for age in ages]
    return min((at + age for at, age in seen if at is not None), default=None)


def years(platform: Platform) -> list[int]:
    """The UTC years in which the platform has data, latest first."""
    return missions.years_of(platform.platform, platform.simulated)


def page(
    limit: int = 50,
    cursor: str | None = None,
    simulated: bool = False,
    wmo_id: str | None = None,
    last_data: tuple[datetime | None, datetime | None] = (None, None),
    state: State | None = None,
) -> Page[Platform]:
    """A page of platforms by id, with this WMO id, the last data within these bounds, and this state of reporting.

    Raises Invalid("cursor").
    """
    (after,) = cursors.decode(cursor, str) if cursor else (None,)
    since, before = last_data
    rows = platforms.page(limit + 1, after, simulated, wmo_id, since, before, _now_in(state))
    return cursors.page(rows, limit, lambda platform: (platform.platform,))


def by_last_data(
    limit: int = 50,
    cursor: str | None = None,
    simulated: bool = False,
    oldest_first: bool = False,
    state: State | None = None,
) -> Page[Platform]:
    """A page of platforms by their last data, latest first or oldest first, with this state of reporting.

    Raises Invalid("cursor").
    """
    order = "oldest" if oldest_first else "newest"
    after = cursors.decode(cursor, str, datetime, str) if cursor else None
    if after is not None and after[0] != order:
        raise Invalid("cursor", "belongs to another order of the list")
    begin = (after[1], after[2]) if after else None
    rows = platforms.by_last_seen(limit + 1, begin, simulated, oldest_first, _now_in(state))
    return cursors.page(rows, limit, lambda platform: (order, platform.last_seen_at, platform.platform))


def _now_in(state: State | None) -> Reporting | None:
    """The selection of platforms in this state now: a reported position counts as a report of its platform."""
    if state is None:
        return None
    now, reported = clock.now(), reported_positions.newest()
    owners = platforms.named(list(reported)) if reported else {}
    later = {name: owner for name, owner in owners.items() if reported[name].at > owner.last_seen_at}
    changes = {name: rule.state_changes(owner, reported[name]) for name, owner in later.items()}
    matching = [name for name, times in changes.items() if reporting.state(*times, now) == state]
    return Reporting(state, now, tuple(later), tuple(matching))


def without_data(since: datetime, limit: int, simulated: bool = False) -> list[Platform]:
    """At most `limit` platforms without data since that time, latest data first."""
    return platforms.without_data(since, limit, simulated)


def named(ids: list[str]) -> dict[str, Platform]:
    """The platforms with these ids, by id."""
    return platforms.named(ids)
