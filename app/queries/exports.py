"""All samples of a mission, with what has to be known before the first of them is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.records import Mission
from app.errors import Conflict, NotFound
from app.queries import profiles
from app.store import missions, samples, snapshots
from app.store import profiles as stored_profiles


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

    def documents(self) -> Iterator[Mapping[str, Any]]:
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
