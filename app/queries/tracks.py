"""Tracks for maps and downloads."""

from collections.abc import Sequence
from datetime import datetime

from app.domain.last_position import LastPosition
from app.domain.records import LonLat, Mission, Track
from app.store import combined_reads, tracks
from app.store.tracks import Detail as Detail


def of(mission: Mission) -> Track | None:
    """The track of a mission; None until it has been derived, moments after the import."""
    return tracks.find(mission.platform, mission.mission)


def last_position(platform: str, mission: str) -> LastPosition | None:
    """The last position of a mission; None without a valid one."""
    name = f"{platform}/{mission}"
    positions: dict[str, LastPosition]
    (positions,) = combined_reads.values(tracks.last_positions_of([name]))
    return positions.get(name)


def of_missions(missions: Sequence[Mission]) -> dict[str, Track]:
    """The tracks of these missions by `platform/mission`."""
    return tracks.of_missions([mission.id for mission in missions])


def overviews(missions: Sequence[Mission], detail: Detail = "fine") -> dict[str, Track]:
    """The simplified tracks of these missions, with the last profile only, by `platform/mission`.

    Reads much less than `of_missions`: fast enough for a whole fleet.
    """
    return tracks.overviews([mission.id for mission in missions], detail)


def lines_since(missions: Sequence[Mission], since: datetime) -> dict[str, list[list[LonLat]]]:
    """The track since a time of each mission with data since then, by `platform/mission`: lines of two or more points.

    The first line begins with the last position before that time. Lines are split at 180 degrees.
    """
    reporting = [mission.id for mission in missions if mission.figures.end_at >= since]
    lines_by_mission = {}
    for name, tail in (tracks.tails(reporting) if reporting else {}).items():
        first = next((i for i, (at, _) in enumerate(tail) if at >= since), len(tail))
        if lines := _lines([position for _, position in tail[max(first - 1, 0) :]] if first < len(tail) else []):
            lines_by_mission[name] = lines
    return lines_by_mission


def _lines(positions: Sequence[LonLat]) -> list[list[LonLat]]:
    lines: list[list[LonLat]] = []
    for position in positions:
        if not lines or abs(position[0] - lines[-1][-1][0]) > 180:
            lines.append([])
        lines[-1].append(position)
    return [line for line in lines if len(line) > 1]
