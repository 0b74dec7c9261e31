"""Tracks as the maps draw them."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.records import LonLat, Mission, Track
from app.store import tracks
from app.store.tracks import Detail as Detail


def of(mission: Mission) -> Track | None:
    """The mission's track, or None in the moment before it has been derived."""
    return tracks.find(mission.platform, mission.mission)


def of_missions(missions: Sequence[Mission]) -> dict[str, Track]:
    """The tracks of these missions by `platform/mission`."""
    return tracks.of_missions([mission.id for mission in missions])


def deepest_of(missions: Sequence[Mission]) -> dict[str, tuple[float | None, ...]]:
    """The depths of these missions over time, by `platform/mission`: `deepest_m` of their tracks."""
    return tracks.deepest_of([mission.id for mission in missions])


def overviews(missions: Sequence[Mission], detail: Detail = "fine") -> dict[str, Track]:
    """The simplified ways of these missions with the last profile alone, by `platform/mission`; cheap for a fleet."""
    return tracks.overviews([mission.id for mission in missions], detail)


def ways_since(missions: Sequence[Mission], since: datetime) -> dict[str, list[list[LonLat]]]:
    """Where missions with data of that moment or later have been since, by `platform/mission`: lines of some positions.

    A line begins with the last position before, and another one where it crosses 180 degrees.
    """
    going_on = [mission.id for mission in missions if mission.figures.end_at >= since]
    found = {}
    for name, tail in (tracks.tails(going_on) if going_on else {}).items():
        first = next((i for i, (at, _) in enumerate(tail) if at >= since), len(tail))
        if lines := _lines([place for _, place in tail[max(first - 1, 0) :]] if first < len(tail) else []):
            found[name] = lines
    return found


def _lines(way: Sequence[LonLat]) -> list[list[LonLat]]:
    lines: list[list[LonLat]] = []
    for place in way:
        if not lines or abs(place[0] - lines[-1][-1][0]) > 180:
            lines.append([])
        lines[-1].append(place)
    return [line for line in lines if len(line) > 1]
