"""The profiles and samples of a mission."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.records import Mission, Profile
from app.errors import Conflict, Invalid
from app.queries import cursors
from app.store import missions, profiles, samples

# Importers sweep away what has been replaced for ten minutes; a minute is for clocks that differ.
_READABLE_FOR = timedelta(minutes=9)


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
        if not _readable(mission, version):
            raise Invalid("cursor", "belongs to another mission or to data that are gone")
        after = (start_at, number)
    found = profiles.page(mission.platform, mission.mission, version, limit + 1, after=after)
    items = found[:limit]
    more = cursors.encode(version, items[-1].start_at, items[-1].number) if len(found) > limit else None
    return ProfilePage(version, items, more)


def samples_of(mission: Mission) -> Iterator[dict[str, Any]]:
    """The sample documents of the mission's current version, profile by profile, streamed.

    Raises Conflict at the end, when the version was swept away under a reader who took too long: what came may lack
    something, and nobody should take it for whole.
    """
    yield from samples.of_version(mission.platform, mission.mission, mission.version)
    now = missions.find(mission.platform, mission.mission)
    if now is None or not _readable(now, mission.version):
        raise Conflict("The data were replaced while they were read; please ask again.")


def _readable(mission: Mission, version: str) -> bool:
    """Whether all of a version is still there."""
    gone_before = datetime.now(UTC) - _READABLE_FOR
    retired = {earlier.version for earlier in mission.earlier if earlier.replaced_at > gone_before}
    return version == mission.version or version in retired
