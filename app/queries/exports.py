"""Samples to take home: of a mission, of a selection of missions, of the last days.

Each knows before the first row is sent what its header has to say. A snapshot keeps out what is written meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.records import Mission
from app.errors import Conflict, Invalid, NotFound
from app.queries import missions as listed
from app.queries import profiles
from app.store import missions, samples, snapshots
from app.store import profiles as stored_profiles

Document = Mapping[str, Any]
# Half of the missions that a large centre flies in a year; the list of them is held while it is sent.
MOST_MISSIONS = 500
# What an importer takes from one file, too: some gigabytes.
MOST_ROWS = 20_000_000
# A month of fifty gliders. Who wants more wants missions.
MOST_RECENT_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class Samples:
    """A mission at a moment and its samples.

    `single` names the columns that hold single precision throughout. `documents` may be read once.
    """

    mission: Mission
    rows: int
    highest_number: int
    single: frozenset[str]
    session: ClientSession
    immutable: bool

    def documents(self) -> Iterator[Document]:
        """The sample documents, profile by profile, streamed: `rows` rows in all.

        Raises Conflict when they cannot be all of them, so that nobody takes what came for whole.
        """
        if self.immutable:
            # Nobody writes to it any more, and it outlives its replacement for minutes: no need for the snapshot,
            # which does not last as long as slow readers take.
            found = profiles.samples_of(self.mission)
        else:
            mission = self.mission
            found = samples.of_version(mission.platform, mission.mission, mission.version, self.session)
        left = self.rows
        for document in found:
            left -= document["count"]
            if left < 0:
                break
            yield document
        if left:
            raise Conflict("The data were replaced while they were read; please ask again.")

    def close(self) -> None:
        """Lets go of the moment."""
        self.session.end_session()


def of(platform: str, mission: str) -> Samples:
    """The samples of a mission, to be closed by the caller. Raises NotFound."""
    session = snapshots.begin()
    try:
        found = missions.find(platform.lower(), mission, session)
        if found is None:
            raise NotFound(f"There is no mission {mission} of {platform}.")
        return _of(found, session)
    except BaseException:
        session.end_session()
        raise


def _of(mission: Mission, session: ClientSession) -> Samples:
    where = (mission.platform, mission.mission, mission.version)
    extent = samples.extent(*where, session)
    # Files that bring single profiles may differ in the types of their columns; a file that brings all does not.
    whole = mission.source.scope == "mission" and stored_profiles.are_of_file(*where, mission.source.sha256, session)
    types = samples.first_types(*where, session) if whole else {}
    single = frozenset(name for name, dtype in types.items() if dtype == "f4")
    return Samples(mission, extent.rows, extent.highest_number, single, session, whole)


@dataclass(frozen=True, slots=True)
class Selection:
    """Missions with the rows that each of them has. `documents` may be read once."""

    missions: Sequence[Mission]
    rows: Sequence[int]
    highest_number: int
    session: ClientSession

    def documents(self) -> Iterator[tuple[Mission, Document]]:
        """The sample documents, mission by mission, streamed: of each mission `rows` rows in all.

        Raises Conflict when they cannot be all of them.
        """
        for mission, rows in zip(self.missions, self.rows, strict=True):
            # A file that brought the whole mission is not written to any more; see Samples.
            one = Samples(mission, rows, 0, frozenset(), self.session, immutable=mission.source.scope == "mission")
            for document in one.documents():
                yield mission, document

    def close(self) -> None:
        """Lets go of the moment."""
        self.session.end_session()


def matching(filters: Mapping[str, Any], span: Mapping[str, Any]) -> list[Mission]:
    """The missions that `queries.missions.page` would list, newest data first. Raises Invalid for too many."""
    found = listed.page(filters, MOST_MISSIONS, None, **span)
    if found.next is not None:
        raise Invalid(
            "filters",
            f"match more than {MOST_MISSIONS} missions: narrow them by year, basin, platform, project, from and to",
        )
    return found.items


def selected(filters: Mapping[str, Any], span: Mapping[str, Any]) -> Selection:
    """The samples of the missions that match, to be closed by the caller. Raises Invalid when they are too many."""
    found = matching(filters, span)
    session = snapshots.begin()
    try:
        extents = [samples.extent(m.platform, m.mission, m.version, session) for m in found]
        if (rows := sum(extent.rows for extent in extents)) > MOST_ROWS:
            raise Invalid(
                "filters",
                f"match missions of {rows} samples, more than the {MOST_ROWS} of one file: "
                "narrow them by year, basin, platform, project, from and to",
            )
    except BaseException:
        session.end_session()
        raise
    highest = max((extent.highest_number for extent in extents), default=0)
    return Selection(found, [extent.rows for extent in extents], highest, session)


@dataclass(frozen=True, slots=True)
class Recent:
    """Missions with data since a moment. `documents` may be read once."""

    missions: Sequence[Mission]
    since: datetime
    variable: str | None
    session: ClientSession

    def documents(self) -> Iterator[tuple[Mission, Document]]:
        """Sample documents that may hold rows of that time, mission by mission, streamed. Others are in them, too."""
        for mission in self.missions:
            where = (mission.platform, mission.mission, mission.version)
            for document in samples.since(*where, self.since, self.variable, self.session):
                yield mission, document

    def close(self) -> None:
        """Lets go of the moment."""
        self.session.end_session()


def recent(since: datetime, filters: Mapping[str, Any], simulated: bool) -> Recent:
    """What was measured since a moment, to be closed by the caller. Raises Invalid when it is too much."""
    found = matching(filters, {"since": since, "simulated": simulated})
    session = snapshots.begin()
    try:
        counts = [samples.count_since(m.platform, m.mission, m.version, since, session) for m in found]
        if (rows := sum(counts)) > MOST_RECENT_ROWS:
            raise Invalid(
                "days",
                f"gives some {rows} samples, more than {MOST_RECENT_ROWS}: ask for fewer days, a basin or a platform",
            )
    except BaseException:
        session.end_session()
        raise
    return Recent(found, since, filters.get("variable"), session)
