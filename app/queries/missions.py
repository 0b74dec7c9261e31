"""Missions as pages and endpoints show them: one, a list, the recent ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from app.domain.records import Bbox, Mission
from app.errors import Invalid, NotFound
from app.queries import cursors
from app.store import mission_lists, missions, totals
from app.store.mission_lists import Criteria

Sort = Literal["newest", "oldest", "longest", "farthest", "profiles", "deepest"]
# What a cursor of each order carries.
_SORTED_BY: dict[str, type] = {
    "newest": datetime,
    "oldest": datetime,
    "longest": float,
    "farthest": float,
    "profiles": int,
    "deepest": float,
}
# Counting reads an index entry for each mission: beyond this it would cost more than the list itself.
_MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class MissionPage:
    """A page of missions in the order asked for, and the cursor of the next one (None on the last)."""

    items: list[Mission]
    next: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """A number of missions; when not `exact`, there are more."""

    missions: int
    exact: bool


def find(platform: str, mission: str) -> Mission:
    """The mission. Raises NotFound."""
    found = missions.find(platform.lower(), mission)
    if found is None:
        raise NotFound(f"There is no mission {mission} of {platform}.")
    return found


def page(
    filters: Mapping[str, Any] | None = None,
    limit: int = 50,
    cursor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    simulated: bool = False,
    sort: Sort = "newest",
    within: Bbox | None = None,
) -> MissionPage:
    """A page of missions. `filters`: platform, kind, data_mode, basin, project, variable, year.

    `within` leaves those whose box of positions meets it.

    Raises Invalid("cursor"), also for a cursor of another order.
    """
    after = cursors.decode(cursor, str, _SORTED_BY[sort], str) if cursor else None
    if after is not None and after[0] != sort:
        raise Invalid("cursor", "belongs to another order of the list")
    criteria = Criteria(filters or {}, since, until, simulated, within)
    found = mission_lists.page(criteria, sort, limit + 1, (after[1], after[2]) if after else None)
    items = found[:limit]
    more = cursors.encode(sort, *missions.sort_key(items[-1], sort)) if len(found) > limit else None
    return MissionPage(items, more)


def count(
    filters: Mapping[str, Any] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    simulated: bool = False,
) -> Count:
    """How many missions match what `page` takes; of all of them, what the totals say."""
    if not filters and since is None and until is None and not simulated:
        fleet = totals.find("fleet")
        return Count(fleet.missions if fleet else 0, exact=True)
    found = mission_lists.count(Criteria(filters or {}, since, until, simulated), _MOST_COUNTED + 1)
    return Count(min(found, _MOST_COUNTED), exact=found <= _MOST_COUNTED)


def span(filters: Mapping[str, Any] | None = None, simulated: bool = False) -> tuple[datetime, datetime] | None:
    """From when to when the missions that match have data, None without any.

    It begins with the mission whose data ended first: one that began still earlier went on for longer.
    """
    criteria = Criteria(filters or {}, simulated=simulated)
    ends = [mission_lists.page(criteria, sort, 1) for sort in ("oldest", "newest")]
    if not all(ends):
        return None
    (first,), (last,) = ends
    return first.figures.start_at, last.figures.end_at


def active(now: datetime, window_h: float, limit: int = 200, simulated: bool = False) -> list[Mission]:
    """Missions whose newest data are at most `window_h` old, newest first; exactly that old is active."""
    return mission_lists.page(Criteria({}, since=now - timedelta(hours=window_h), simulated=simulated), "newest", limit)


def active_until(found: Sequence[Mission], window_h: float) -> datetime | None:
    """The moment up to which these missions stay active if nothing comes in; None without any."""
    return min((mission.figures.end_at + timedelta(hours=window_h) for mission in found), default=None)


def recent(limit: int = 6, simulated: bool = False) -> list[Mission]:
    """The missions with the newest data."""
    return mission_lists.page(Criteria({}, simulated=simulated), "newest", limit)


def simulation(now: datetime, window_h: float) -> int:
    """How many simulated missions have data that are at most `window_h` old."""
    return missions.count_simulated(now - timedelta(hours=window_h), _MOST_COUNTED)


def simulation_until(now: datetime, window_h: float) -> datetime | None:
    """The moment up to which `simulation` counts the same if nothing comes in; None when it counts nothing."""
    window = timedelta(hours=window_h)
    first = missions.first_simulated_end(now - window)
    return first + window if first else None


def facets() -> dict[str, list[Any]]:
    """What the filters of the list may be set to: {filter: values}."""
    return missions.facets()
