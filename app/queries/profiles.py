"""The profiles and samples of a mission."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.domain.columns import decoded, flags_of, good_values
from app.domain.quality_flags import Quality
from app.domain.records import Mission, Profile
from app.errors import Conflict, Invalid, NotFound
from app.queries import cursors
from app.store import missions, profiles, samples

# Importers delete a version ten minutes after its replacement; one minute allows for differing clocks.
_READABLE_FOR = timedelta(minutes=9)
# Whole numbers without a sign, as MongoDB stores them.
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
# As many as an error message can list.
_MOST_NAMED = 10
# Twice the pixels of a large screen; no known dive has more samples of one variable.
_MOST_SAMPLES = 5000
# Of 8 MB each: a profile of a million samples in ten variables.
_MOST_PARTS = 8


@dataclass(frozen=True, slots=True)
class ProfilePage:
    """A page of profiles in time order, and the cursor of the next page (None on the last)."""

    version: str
    items: list[Profile]
    next: str | None


def page(mission: Mission, limit: int = 50, cursor: str | None = None) -> ProfilePage:
    """A page of a mission's profiles. A cursor belongs to the version of its first page. Raises Invalid("cursor")."""
    version, after = mission.version, None
    if cursor:
        version, start_at, number = cursors.decode(cursor, str, datetime, int)
        if not _readable(mission, version):
            raise Invalid("cursor", "belongs to another mission or to deleted data")
        after = (start_at, number)
    rows = profiles.page(mission.platform, mission.mission, version, limit + 1, after=after)
    page = cursors.page(rows, limit, lambda profile: (version, profile.start_at, profile.number))
    return ProfilePage(version, page.items, page.next)


@dataclass(frozen=True, slots=True)
class Samples:
    """Every `step`-th sample of a profile, by variable, and the quality flags of `all`."""

    columns: dict[str, "array[Any]"]
    step: int
    flags: dict[str, bytes]


def one(mission: Mission, number: str, start_at: datetime | None = None) -> Profile:
    """The profile with this number; if the number repeats, the one that starts at that time (to the millisecond).

    Raises NotFound, and Invalid("start") if several profiles have the number and no start is given.
    """
    key = (mission.platform, mission.mission, mission.version)
    missing = NotFound(f"Mission {mission.mission} of {mission.platform} has no such profile {number[:40]}.")
    if not _NUMBER.fullmatch(number):
        raise missing
    if start_at is not None:
        profile = profiles.starting(*key, int(number), start_at)
        if profile is None:
            raise missing
        return profile
    same = profiles.numbered(*key, int(number), limit=_MOST_NAMED)
    if not same:
        raise missing
    if len(same) > 1:
        starts = ", ".join(profile.start_at.isoformat(timespec="milliseconds") for profile in same)
        raise Invalid("start", f"is required, because several profiles have this number; they start at {starts}")
    return same[0]


def samples_of_one(mission: Mission, profile: Profile, quality: Quality = "good") -> Samples:
    """The samples of a profile, thinned evenly if it has more than 5 000; `good` lacks those flagged as bad."""
    step = max(-(-profile.samples // _MOST_SAMPLES), 1)
    columns: dict[str, array[Any]] = {}
    flags: dict[str, bytes] = {}
    rows = 0
    for doc in samples.of_profile(mission.platform, mission.mission, mission.version, profile, limit=_MOST_PARTS):
        first = -rows % step
        for name, column in doc["columns"].items():
            values = good_values(column) if quality == "good" else decoded(column["data"], column["dtype"])
            columns[name] = columns[name] + values[first::step] if name in columns else values[first::step]
            if quality == "all" and (of_values := flags_of(column, len(values))) is not None:
                flags[name] = flags.get(name, b"") + of_values[first::step]
        rows += doc["count"]
    return Samples(columns, step, flags)


def samples_of(mission: Mission) -> Iterator[dict[str, Any]]:
    """The sample documents of the mission's current version, profile by profile, streamed.

    Raises Conflict at the end if the version was deleted while a slow client was reading it: the stream may be
    incomplete, and must not end like a complete one.
    """
    yield from samples.of_version(mission.platform, mission.mission, mission.version)
    current = missions.find(mission.platform, mission.mission)
    if current is None or not _readable(current, mission.version):
        raise Conflict("The data were replaced during the download; please try again.")


def _readable(mission: Mission, version: str) -> bool:
    """True if no part of the version has been deleted."""
    deleted_before = datetime.now(UTC) - _READABLE_FOR
    retired = {earlier.version for earlier in mission.earlier if earlier.replaced_at > deleted_before}
    return version == mission.version or version in retired
