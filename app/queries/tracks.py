"""Tracks as the maps draw them."""

from collections.abc import Sequence

from app.domain.records import Mission, Track
from app.store import tracks
from app.store.tracks import Detail as Detail


def of(mission: Mission) -> Track | None:
    """The mission's track, or None in the moment before it has been derived."""
    return tracks.find(mission.platform, mission.mission)


def of_missions(missions: Sequence[Mission]) -> dict[str, Track]:
    """The tracks of these missions by `platform/mission`."""
    return tracks.of_missions([mission.id for mission in missions])


def overviews(missions: Sequence[Mission], detail: Detail = "fine") -> dict[str, Track]:
    """The simplified ways of these missions with the last profile alone, by `platform/mission`; cheap for a fleet."""
    return tracks.overviews([mission.id for mission in missions], detail)
