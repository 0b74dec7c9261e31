"""Missions: one, a page of a list, the active and the recent ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from app.domain.records import Bbox, Mission
from app.errors import Invalid
from app.queries import absences, cursors
from app.queries.cursors import Page
from app.store import combined_reads, mission_lists, missions, platforms, totals
from app.store.mission_lists import Criteria

Sort = Literal["newest", "oldest", "longest", "farthest", "profiles", "deepest"]
# The type of the value that a cursor of each order holds.
_SORTED_BY: dict[str, type] = {
    "newest": datetime,
    "oldest": datetime,
    "longest": float,
    "farthest": float,
    "profiles": int,
    "deepest": float,
}
# Counting reads an index entry for each mission: more of them would cost more than the list itself.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Count:
    """A number of missions; if not `exact`, there are more."""

    missions: int
    exact: bool


def find(platform: str, mission: str) -> Mission:
    """The mission. Raises NotFound, Gone and Moved (`absences`)."""
    stored = missions.find(platform.lower(), mission)
    if stored is None:
        raise absences.of_mission(platform, mission)
    return stored


def page(
    filters: Mapping[str, Any] | None = None,
    limit: int = 50,
    cursor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    simulated: bool = False,
    sort: Sort = "newest",
    within: Bbox | None = None,
    wmo_id: str | None = None,
) -> Page[Mission]:
    """A page of missions. `filters`: values by the names of `mission_filters.FILTERS`.

    `within` selects the missions whose bounding box intersects it, `wmo_id` those of platforms with this id. Raises
    Invalid("cursor"), also for a cursor of another order.
    """
    after = cursors.decode(cursor, str, _SORTED_BY[sort], str) if cursor else None
    if after is not None and after[0] != sort:
        raise Invalid("cursor", "belongs to another order of the list")
    if wmo_id is not None:
        filters = _narrowed(filters or {}, wmo_id)
        if not filters["platform"]:
            return Page([], None)
    criteria = Criteria(filters or {}, since, until, simulated, within)
    rows = mission_lists.page(criteria, sort, limit + 1, (after[1], after[2]) if after else None)
    return cursors.page(rows, limit, lambda mission: (sort, *missions.sort_key(mission, sort)))


def _narrowed(filters: Mapping[str, Any], wmo_id: str) -> dict[str, Any]:
    """The filters with the platforms that have the WMO id as `platform`, a tuple."""
    of_id = platforms.of_wmo_id(wmo_id)
    return {**filters, "platform": tuple(name for name in of_id if filters.get("platform", name) == name)}


def count(
    filters: Mapping[str, Any] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    simulated: bool = False,
) -> Count:
    """The number of missions in the list of `page`; without any filter, that of the totals."""
    if not filters and since is None and until is None and not simulated:
        fleet = totals.find("fleet")
        return Count(fleet.missions if fleet else 0, exact=True)
    number = mission_lists.count(Criteria(filters or {}, since, until, simulated), MOST_COUNTED + 1)
    return Count(min(number, MOST_COUNTED), exact=number <= MOST_COUNTED)


def span(filters: Mapping[str, Any] | None = None, simulated: bool = False) -> tuple[datetime, datetime] | None:
    """The begin and the end of the data of the missions that match; None if none matches.

    The begin is that of the mission whose data ended first; a mission that ended later may have begun earlier.
    """
    criteria = Criteria(filters or {}, simulated=simulated)
    oldest, newest = (mission_lists.page(criteria, sort, 1) for sort in ("oldest", "newest"))
    return (oldest[0].figures.start_at, newest[0].figures.end_at) if oldest and newest else None


def active(now: datetime, window_h: float, limit: int = 200, simulated: bool = False) -> list[Mission]:
    """Missions whose newest data are at most `window_h` old, newest first."""
    return mission_lists.page(Criteria({}, since=now - timedelta(hours=window_h), simulated=simulated), "newest", limit)


def oldest_since(since: datetime, filters: Mapping[str, Any], simulated: bool = False) -> Mission | None:
    """The matching mission whose data end first since that time; None without any."""
    return next(iter(mission_lists.page(Criteria(filters, since=since, simulated=simulated), "oldest", 1)), None)


def recent(limit: int = 6, simulated: bool = False) -> list[Mission]:
    """The missions with the newest data."""
    return mission_lists.page(Criteria({}, simulated=simulated), "newest", limit)


def operator_numbers(ids: Sequence[str]) -> dict[str, str]:
    """The operators' numbers of the missions with these ids (`platform/mission`); those without one are left out."""
    numbers: dict[str, str]
    (numbers,) = combined_reads.values(missions.operator_numbers_of(ids))
    return numbers


def simulation_until(now: datetime, window_h: float) -> datetime | None:
    """The time until which as many simulated missions have data at most `window_h` old; None if none has."""
    window = timedelta(hours=window_h)
    first = missions.first_simulated_end(now - window)
    return first + window if first else None


def facets() -> dict[str, list[Any]]:
    """The values that each filter can have, by filter."""
    return missions.facets()
