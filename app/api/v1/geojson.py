"""Missions on a map (RFC 7946): for each its way, split at 180 degrees, and the last position on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from app.api.v1 import links
from app.api.v1.schemas import Basin, Box, DataMode, Next, Time, iso_ms
from app.domain.records import Kind, LonLat, Mission, Platform, Track
from app.queries.tracks import Detail

Position = tuple[float, float]


# A tenth of a metre (RFC 7946, 11.2): further digits would double the size and say nothing. Where the line itself is
# off by more, fewer say as much.
_DIGITS: dict[Detail | None, int] = {None: 6, "fine": 6, "medium": 4, "coarse": 2}


class Way(BaseModel):
    """Lines of at least two positions each, longitude first, none of them across 180 degrees."""

    type: Literal["MultiLineString"]
    coordinates: list[list[Position]]


class Spot(BaseModel):
    """A position, longitude first."""

    type: Literal["Point"]
    coordinates: Position


class WayProperties(BaseModel):
    """Of which mission the way is; `hidden` profiles have no position that could be drawn."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["track"]
    platform: str
    serial: str
    name: str | None
    mission: str
    platform_kind: Kind
    version: str
    data_mode: DataMode
    simulated: bool
    profiles: int
    hidden: int
    distance_m: float
    start_at: Time
    end_at: Time
    html: str


class RecentProperties(BaseModel):
    """Of which mission the way is a part, and from when on."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["recent_track"]
    platform: str
    serial: str
    name: str | None
    mission: str
    platform_kind: Kind
    simulated: bool
    since: Time
    html: str


class SpotProperties(BaseModel):
    """Of which mission the position is the last, and when it was there."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["last_position"]
    platform: str
    serial: str
    name: str | None
    mission: str
    platform_kind: Kind
    simulated: bool
    at: Time
    max_depth_m: float | None
    html: str


class WayFeature(BaseModel):
    """A mission's way; no geometry while it has fewer than two positions."""

    type: Literal["Feature"]
    id: str
    geometry: Way | None
    properties: WayProperties


class RecentFeature(BaseModel):
    """The part of a mission's way that is not older than the window of active missions."""

    type: Literal["Feature"]
    id: str
    geometry: Way
    properties: RecentProperties


class SpotFeature(BaseModel):
    """A mission's last position."""

    type: Literal["Feature"]
    id: str
    geometry: Spot
    properties: SpotProperties


class Tracks(BaseModel):
    """A GeoJSON FeatureCollection; `bbox` is there when there is a position."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["FeatureCollection"]
    bbox: Box = (-180, -90, 180, 90)
    features: list[WayFeature | SpotFeature]


class TracksPage(BaseModel):
    """A page of tracks, newest data first, as a GeoJSON FeatureCollection; lines are simplified.

    Missions that are under way have a `recent_track` between way and last position.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["FeatureCollection"]
    features: list[WayFeature | RecentFeature | SpotFeature]
    next: Next


class OutlineProperties(BaseModel):
    """Which basin the outline is of, and how many missions have been there."""

    model_config = ConfigDict(extra="forbid")

    id: str
    name: str
    missions: int
    html: str


class Outline(BaseModel):
    """A basin's simplified outline."""

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


class Area(BaseModel):
    """A basin's outline as a GeoJSON feature."""

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
) -> list[dict[str, Any]]:
    """The way of a mission, simplified if a detail is given, and its last position (left out when it has none).

    `recent` is a moment and the lines of the way since then.
    """
    lines = track.simplified if detail else track.lines
    digits = _DIGITS[detail]
    whose = {
        "platform": mission.platform,
        "serial": platform.serial if platform else mission.platform,
        "name": platform.name if platform else None,
        "mission": mission.mission,
        "platform_kind": mission.kind,
        "simulated": mission.simulated,
        "html": links.mission(mission.platform, mission.mission)["html"],
    }
    found = [
        {
            "type": "Feature",
            "id": f"{mission.id}/track",
            "geometry": _way(lines, digits),
            "properties": whose
            | {
                "kind": "track",
                "version": track.version,
                "data_mode": mission.data_mode,
                "profiles": mission.figures.profiles,
                "hidden": track.hidden,
                "distance_m": mission.figures.distance_m,
                "start_at": iso_ms(mission.figures.start_at),
                "end_at": iso_ms(mission.figures.end_at),
            },
        }
    ]
    if recent and recent[1]:
        found.append(
            {
                "type": "Feature",
                "id": f"{mission.id}/recent_track",
                "geometry": _way(recent[1], max(digits, 4)),
                "properties": whose | {"kind": "recent_track", "since": iso_ms(recent[0])},
            }
        )
    if track.lon_deg:
        found.append(
            {
                "type": "Feature",
                "id": f"{mission.id}/last_position",
                "geometry": {
                    "type": "Point",
                    "coordinates": _rounded((track.lon_deg[-1], track.lat_deg[-1]), max(digits, 4)),
                },
                "properties": whose
                | {
                    "kind": "last_position",
                    "at": iso_ms(track.mid_at[-1]),
                    "max_depth_m": track.max_depth_m[-1] if mission.kind != "sailbuoy" else None,
                },
            }
        )
    return found


def _way(lines: Sequence[Sequence[LonLat]], digits: int) -> dict[str, Any] | None:
    drawable = [[_rounded(position, digits) for position in line] for line in lines if len(line) > 1]
    return {"type": "MultiLineString", "coordinates": drawable} if drawable else None


def _rounded(position: LonLat, digits: int) -> LonLat:
    return round(position[0], digits), round(position[1], digits)
