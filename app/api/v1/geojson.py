"""GeoJSON (RFC 7946): tracks, split at 180 degrees, last positions, and outlines of basins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.api.v1 import links
from app.api.v1.schemas import Basin, Box, DataMode, Next, Time, iso_ms
from app.domain.records import Kind, LonLat, Mission, Platform, Track
from app.domain.reported_positions import ReportedPosition
from app.queries.tracks import Detail

Position = tuple[float, float]

# Decimals of degrees. Six are 0.1 m (RFC 7946, 11.2), and more would double the size without use. Simplified lines
# have a larger error, for which fewer decimals are enough; pages show a last position with five.
_DIGITS: dict[Detail | None, int] = {None: 6, "fine": 6, "medium": 4, "coarse": 2}


class TrackLines(BaseModel):
    """Lines of two or more positions, longitude first; no line crosses 180 degrees."""

    type: Literal["MultiLineString"]
    coordinates: list[list[Position]]


class Point(BaseModel):
    """A position, longitude first."""

    type: Literal["Point"]
    coordinates: Position


class MissionProperties(BaseModel):
    """The mission of a feature; `operator_number`: as operators name it; `html` links to its page."""

    model_config = ConfigDict(extra="forbid")

    platform: str
    serial: str
    name: str | None
    mission: str
    operator_number: str | None
    platform_kind: Kind
    simulated: bool
    html: str


class TrackProperties(MissionProperties):
    """The mission of a track; `hidden` is the number of profiles without a plausible position."""

    kind: Literal["track"]
    version: str
    data_mode: DataMode
    profiles: int
    hidden: int
    distance_m: float | None
    start_at: Time
    end_at: Time


class RecentTrackProperties(MissionProperties):
    """The mission of a recent track, and the time at which the track begins."""

    kind: Literal["recent_track"]
    since: Time


class LastPositionProperties(MissionProperties):
    """The mission of a last position, its time, and the greatest depth of its profile."""

    kind: Literal["last_position"]
    at: Time
    max_depth_m: float | None


class ReportedPositionProperties(MissionProperties):
    """The last mission of a platform, and time and accuracy of a position that no file contains."""

    kind: Literal["reported_position"]
    at: Time
    accuracy_m: float | None


class TrackFeature(BaseModel):
    """The track of a mission; without geometry if the mission has fewer than two positions."""

    type: Literal["Feature"]
    id: str
    geometry: TrackLines | None
    properties: TrackProperties


class RecentTrackFeature(BaseModel):
    """The part of a track within the window of active missions."""

    type: Literal["Feature"]
    id: str
    geometry: TrackLines
    properties: RecentTrackProperties


class LastPositionFeature(BaseModel):
    """The last position of a mission."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: LastPositionProperties


class ReportedPositionFeature(BaseModel):
    """The reported position of a platform that is newer than the last position of its data."""

    type: Literal["Feature"]
    id: str
    geometry: Point
    properties: ReportedPositionProperties


class Tracks(BaseModel):
    """A GeoJSON FeatureCollection; without `bbox` if there is no position."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["FeatureCollection"]
    bbox: Box = (-180, -90, 180, 90)
    features: list[TrackFeature | RecentTrackFeature | LastPositionFeature]


class TracksPage(BaseModel):
    """A page of simplified tracks as a GeoJSON FeatureCollection; newest data first unless `sort` is given.

    Active missions have a `recent_track` between track and last position. A `reported_position` follows the last
    position of a platform's last mission if the platform has reported a newer one without data.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["FeatureCollection"]
    features: list[TrackFeature | RecentTrackFeature | LastPositionFeature | ReportedPositionFeature]
    next: Next


class OutlineProperties(BaseModel):
    """The basin of an outline, and the number of missions with profiles in it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    missions: int
    html: str


class Outline(BaseModel):
    """The simplified outline of a basin."""

    type: Literal["Feature"]
    id: str
    bbox: Box
    geometry: dict[str, Any]
    properties: OutlineProperties


class OutlinesPage(BaseModel):
    """A page of the simplified outlines of basins with missions, as a GeoJSON FeatureCollection."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["FeatureCollection"]
    features: list[Outline]
    next: Next


class BasinFeature(BaseModel):
    """The outline of a basin as a GeoJSON feature."""

    type: Literal["Feature"]
    id: str
    bbox: Box
    geometry: dict[str, Any]
    properties: Basin


def features(
    mission: Mission,
    track: Track,
    platform: Platform | None,
    detail: Detail | None = None,
    recent: tuple[datetime, Sequence[Sequence[LonLat]]] | None = None,
    reported: ReportedPosition | None = None,
) -> list[dict[str, Any]]:
    """The track of a mission, simplified if a detail is given, and its last position if it has one.

    `recent` is a time and the lines of the track since then. `reported` is the newest reported position of the
    platform, which is a feature of its last mission if it is newer than the track.
    """
    properties = {
        "platform": mission.platform,
        "serial": platform.serial if platform else mission.platform,
        "name": platform.name if platform else None,
        "mission": mission.mission,
        "operator_number": mission.operator_number,
        "platform_kind": mission.kind,
        "simulated": mission.simulated,
        "html": links.mission(mission.platform, mission.mission)["html"],
    }
    digits = _DIGITS[detail]
    lines = _lines(track.simplified if detail else track.lines, digits)
    features = [_feature(mission, lines, properties | _track_properties(mission, track))]
    if recent and recent[1]:
        since = {"kind": "recent_track", "since": iso_ms(recent[0])}
        features.append(_feature(mission, _lines(recent[1], max(digits, 4)), properties | since))
    if track.lon_deg:
        position = _rounded((track.lon_deg[-1], track.lat_deg[-1]), max(digits, 5))
        point = {"type": "Point", "coordinates": position}
        features.append(_feature(mission, point, properties | _last_properties(mission, track)))
    if reported is not None and platform is not None and _is_last(mission, track, platform, reported):
        point = {"type": "Point", "coordinates": _rounded((reported.lon_deg, reported.lat_deg), max(digits, 5))}
        features.append(_feature(mission, point, properties | _reported_properties(reported)))
    return features


def _is_last(mission: Mission, track: Track, platform: Platform, reported: ReportedPosition) -> bool:
    is_newer = not track.mid_at or reported.at > track.mid_at[-1]
    return platform.last_mission == mission.mission and is_newer


def _feature(mission: Mission, geometry: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{mission.id}/{properties['kind']}",
        "geometry": geometry,
        "properties": properties,
    }


def _track_properties(mission: Mission, track: Track) -> dict[str, Any]:
    return {
        "kind": "track",
        "version": track.version,
        "data_mode": mission.data_mode,
        "profiles": mission.figures.profiles,
        "hidden": track.hidden,
        "distance_m": mission.figures.known_distance_m,
        "start_at": iso_ms(mission.figures.start_at),
        "end_at": iso_ms(mission.figures.end_at),
    }


def _last_properties(mission: Mission, track: Track) -> dict[str, Any]:
    return {
        "kind": "last_position",
        "at": iso_ms(track.mid_at[-1]),
        "max_depth_m": track.max_depth_m[-1] if mission.kind != "sailbuoy" else None,
    }


def _reported_properties(reported: ReportedPosition) -> dict[str, Any]:
    return {"kind": "reported_position", "at": iso_ms(reported.at), "accuracy_m": reported.accuracy_m}


def _lines(lines: Sequence[Sequence[LonLat]], digits: int) -> dict[str, Any] | None:
    drawable = [[_rounded(position, digits) for position in line] for line in lines if len(line) > 1]
    return {"type": "MultiLineString", "coordinates": drawable} if drawable else None


def _rounded(position: LonLat, digits: int) -> LonLat:
    return round(position[0], digits), round(position[1], digits)
