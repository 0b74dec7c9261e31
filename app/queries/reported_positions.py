"""Reported positions of platforms, and the platforms that a sender names."""

from collections.abc import Iterable, Mapping, Sequence

from app.domain import reported_positions as rule
from app.domain.last_position import LastPosition
from app.domain.records import Platform
from app.domain.reported_positions import ReportedPosition
from app.errors import Invalid
from app.store import combined_reads, platform_aliases, platforms, tracks
from app.store import reported_positions as stored


def newest() -> dict[str, ReportedPosition]:
    """The newest reported position of every platform that has one, by platform."""
    positions: dict[str, ReportedPosition]
    (positions,) = combined_reads.values(stored.newest())
    return positions


def newest_of(shown: Sequence[Platform]) -> dict[str, ReportedPosition]:
    """The newest reported position of each of these platforms that has one, by platform."""
    positions: dict[str, ReportedPosition]
    (positions,) = combined_reads.values(stored.newest_of([platform.platform for platform in shown]))
    return positions


def last_positions(shown: Sequence[Platform], reported: Mapping[str, ReportedPosition]) -> dict[str, LastPosition]:
    """The last position of each of these platforms that has one, by platform: reported, or of its last mission.

    `reported`: their newest reported positions.
    """
    ids = {platform.platform: f"{platform.platform}/{platform.last_mission}" for platform in shown}
    of_data: dict[str, LastPosition]
    (of_data,) = combined_reads.values(tracks.last_positions_of(list(ids.values())))
    positions = {name: rule.newest(of_data.get(mission), reported.get(name)) for name, mission in ids.items()}
    return {name: position for name, position in positions.items() if position is not None}


def since_last_data(platform: Platform, limit: int) -> list[LastPosition]:
    """At most `limit` reported positions that are newer than the last position of the platform's data, newest first."""
    mission = f"{platform.platform}/{platform.last_mission}"
    of_data: dict[str, LastPosition]
    (of_data,) = combined_reads.values(tracks.last_positions_of([mission]))
    after = of_data[mission].at if mission in of_data else None
    return [position.as_last for position in stored.history(platform.platform, after, limit)]


class NamedPlatforms:
    """The platforms that have one of these names: as id, serial, WMO id or former id."""

    def __init__(self, names: Iterable[str]) -> None:
        wanted = sorted(set(names))
        former = platform_aliases.current_ids([name.lower() for name in wanted]) if wanted else {}
        self._present = former
        self._platforms = platforms.matching_names([*wanted, *former.values()]) if wanted else []
        present = [platform.platform for platform in self._platforms]
        self._former = platform_aliases.former_ids(present) if present else {}

    def ids(self, platform: Platform) -> list[str]:
        """The present id of one of the platforms, then its former ids, newest first."""
        return [platform.platform, *self._former.get(platform.platform, ())]

    def of(self, name: str) -> Platform:
        """The platform with this name. Raises Invalid("platform") for an unknown one, and one that several have."""
        key = name.lower()
        by_id = {platform.platform: platform for platform in self._platforms}
        by_serial = {platform.serial.lower(): platform for platform in self._platforms}
        present = self._present.get(key, "")
        if (named := by_id.get(key) or by_serial.get(key) or by_id.get(present)) is not None:
            return named
        of_wmo_id = [platform for platform in self._platforms if platform.wmo_id == name]
        if len(of_wmo_id) > 1:
            several = ", ".join(platform.platform for platform in of_wmo_id)
            raise Invalid("platform", f"is the WMO id of several platforms: use one of the ids {several}")
        if not of_wmo_id:
            raise Invalid("platform", "names no platform of this portal: its first data create it")
        return of_wmo_id[0]
