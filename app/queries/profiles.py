"""The profiles and samples of a mission."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.records import Mission, Profile
from app.errors import Invalid
from app.queries import cursors
from app.store import profiles, samples


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A page of profiles in time order, and the cursor of the next one (None on the last)."""

    version: str
    items: list[Profile]
    next: str | None


def page(mission: Mission, limit: int = 50, cursor: str | None = None) -> ProfilePage:
    """A page of a mission's profiles. A cursor keeps reading the version it began with. Raises Invalid("cursor")."""
    version, after = mission.version, None
    if cursor:
        version, start_at, number = cursors.decode(cursor, str, datetime, int)
        known = {mission.version, *(earlier.version for earlier in mission.earlier)}
        if version not in known:
            raise Invalid("cursor", "belongs to another mission or to data that are gone")
        after = (start_at, number)
    found = profiles.page(mission.platform, mission.mission, version, limit + 1, after=after)
    items = found[:limit]
    more = cursors.encode(version, items[-1].start_at, items[-1].number) if len(found) > limit else None
    return ProfilePage(version, items, more)


def samples_of(mission: Mission) -> Iterator[dict[str, Any]]:
    """The sample documents of the mission's current version in time order, streamed."""
    return samples.of_version(mission.platform, mission.mission, mission.version)
