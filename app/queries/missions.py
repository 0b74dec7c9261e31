"""Missions as pages and endpoints show them: one, a list, the recent ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.records import Mission
from app.errors import NotFound
from app.queries import cursors
from app.store import missions


@dataclass(frozen=True, slots=True)
class MissionPage:
    """A page of missions, newest data first, and the cursor of the next one (None on the last)."""

    items: list[Mission]
    next: str | None


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
) -> MissionPage:
    """A page of missions. `filters`: platform, data_mode, basin, project, variable, year. Raises Invalid("cursor")."""
    end_at, last_id = cursors.decode(cursor, datetime, str) if cursor else (None, None)
    after = (end_at, last_id) if end_at is not None and last_id is not None else None
    found = missions.page(filters or {}, limit + 1, after=after, since=since, until=until)
    items = found[:limit]
    more = cursors.encode(items[-1].figures.end_at, items[-1].id) if len(found) > limit else None
    return MissionPage(items, more)


def active(now: datetime, window_h: float, limit: int = 200) -> list[Mission]:
    """Missions whose newest data are at most `window_h` old, newest first; exactly that old is active."""
    return missions.page({}, limit, since=now - timedelta(hours=window_h))


def recent(limit: int = 6) -> list[Mission]:
    """The missions with the newest data."""
    return missions.page({}, limit)


def facets() -> dict[str, list[Any]]:
    """What the filters of the list may be set to: {filter: values}."""
    return missions.facets()
