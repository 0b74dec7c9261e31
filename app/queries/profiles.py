"""The profiles and samples of a mission."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.columns import decoded
from app.domain.records import Mission, Profile
from app.errors import Conflict, Invalid, NotFound
from app.queries import cursors
from app.store import missions, profiles, samples

# Importers sweep away what has been replaced for ten minutes; a minute is for clocks that differ.
_READABLE_FOR = timedelta(minutes=9)
# Whole numbers as MongoDB keeps them, without a sign.
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
# What an error message can name.
_MOST_NAMED = 10
# Twice the pixels of a large screen; no dive seen has more samples of one variable.
_MOST_SAMPLES = 5000
# Eight megabytes each: a profile of a million samples in ten variables.
_MOST_PARTS = 8


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


@dataclass(frozen=True, slots=True)
class Samples:
    """Each `step`-th sample of a profile, by variable."""

    columns: dict[str, "array[Any]"]
    step: int


def one(mission: Mission, number: str, start_at: datetime | None = None) -> Profile:
    """The profile with this number, where numbers repeat the one that starts then (to the millisecond).

    Raises NotFound, and Invalid("start") when several have the number and nothing says which.
    """
    key = (mission.platform, mission.mission, mission.version)
    missing = NotFound(f"Mission {mission.mission} of {mission.platform} has no such profile {number[:40]}.")
    if not _NUMBER.fullmatch(number):
        raise missing
    if start_at is not None:
        found = profiles.starting(*key, int(number), start_at)
        if found is None:
            raise missing
        return found
    same = profiles.numbered(*key, int(number), limit=_MOST_NAMED)
    if not same:
        raise missing
    if len(same) > 1:
        begun = ", ".join(profile.start_at.isoformat(timespec="milliseconds") for profile in same)
        raise Invalid("start", f"is needed, because several profiles have this number; those that began: {begun}")
    return same[0]


def samples_of_one(mission: Mission, profile: Profile) -> Samples:
    """The samples of a profile, thinned evenly when it has more than 5 000."""
    step = max(-(-profile.samples // _MOST_SAMPLES), 1)
    columns: dict[str, array[Any]] = {}
    rows = 0
    for doc in samples.of_profile(mission.platform, mission.mission, mission.version, profile, limit=_MOST_PARTS):
        first = -rows % step
        for name, column in doc["columns"].items():
            taken = decoded(column["data"], column["dtype"])[first::step]
            columns[name] = columns[name] + taken if name in columns else taken
        rows += doc["count"]
    return Samples(columns, step)


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
