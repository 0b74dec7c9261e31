"""Tracks as GeoJSON and KML: of one mission in full, of many missions simplified."""

from datetime import datetime, timedelta
from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app import portal
from app.api.v1 import geojson, kml
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters, TrackList
from app.api.v1.responses import GEOJSON, KML, file, json
from app.http import expiry
from app.queries import clock, missions, platforms, reported_positions, tracks

bp = Blueprint("tracks", __name__)

# Lifetime of a response with recent tracks. In it a glider moves 200 m: less than a pixel on a map of the fleet.
_RECENT_FOR = timedelta(minutes=10)


class TrackQuery(Parameters):
    """The format of the track."""

    format: Literal["geojson", "kml"] = Field("geojson", description="`geojson`, or `kml` (OGC KML 2.2).")


@bp.get("/missions/<platform>/<mission>/track")
@documented(geojson.Tracks, "tracks", TrackQuery, mimetype=GEOJSON, also=[KML], of_mission=True)
def one(platform: str, mission: str, query: TrackQuery) -> Response:
    """The track and the last position of a mission, as GeoJSON or KML.

    The track is a line through the profiles with a plausible position, split at 180 degrees; `hidden` is the number
    of the other profiles. A mission with data in the active window (by default the last 24 hours) also has a
    `recent_track`: its track in that window. A new mission has no features until its track has been derived, moments
    after its import.
    """
    record = missions.find(platform, mission)
    track = tracks.of(record)
    owner = platforms.named([record.platform]).get(record.platform)
    if query.format == "kml":
        document = b"".join(kml.document(f"{record.platform} {record.mission}", [(record, track, owner)]))
        return file(document, KML, f"{record.platform}_{record.mission}.kml")
    since = _window_begin()
    recent = tracks.lines_since([record], since).get(record.id, [])
    expiry.until(_recent_until(recent))
    features = geojson.features(record, track, owner, recent=(since, recent)) if track else []
    bbox = {"bbox": track.bbox} if track and track.bbox else {}
    return json({"type": "FeatureCollection", **bbox, "features": features}, GEOJSON)


@bp.get("/tracks")
@documented(geojson.TracksPage, "tracks", TrackList, mimetype=GEOJSON)
def page(query: TrackList) -> Response:
    """Tracks and last positions of the missions that match; newest data first unless `sort` is given.

    `detail` is the accuracy of the simplified lines, `limit` the number of missions. `next` is a member that GeoJSON
    does not define. Missions with data in the active window (by default the last 24 hours) also have a
    `recent_track`: their track in that window. If a platform has reported a position that is newer than its data, its
    last mission also has a `reported_position`.
    """
    since = _window_begin()
    listed = query.page()
    overviews = tracks.overviews(listed.items, query.detail)
    recent = tracks.lines_since(listed.items, since)
    expiry.until(_recent_until(recent))
    owners = platforms.named(sorted({mission.platform for mission in listed.items}))
    reported = reported_positions.newest_of(list(owners.values()))
    features = [
        feature
        for mission in listed.items
        if mission.id in overviews
        for feature in geojson.features(
            mission,
            overviews[mission.id],
            owners.get(mission.platform),
            query.detail,
            (since, recent.get(mission.id, [])),
            reported.get(mission.platform),
        )
    ]
    return json({"type": "FeatureCollection", "features": features, "next": listed.next}, GEOJSON)


def _minute() -> datetime:
    """The time rounded down to the minute, so that responses within one minute are identical."""
    return clock.now().replace(second=0, microsecond=0)


def _window_begin() -> datetime:
    """The begin of the window of active missions."""
    return _minute() - timedelta(hours=portal.current().settings.active_window_h)


def _recent_until(recent: object) -> datetime | None:
    """The end of the lifetime of a response; without recent tracks it changes only with the data."""
    return _minute() + _RECENT_FOR if recent else None
