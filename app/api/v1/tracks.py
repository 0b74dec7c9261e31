"""Tracks as GeoJSON and KML: of one mission in full, of many simplified for overviews."""

from datetime import timedelta
from typing import Literal

from flask import Blueprint, Response, current_app
from pydantic import Field

from app.api.v1 import geojson, kml
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters, TrackList
from app.api.v1.responses import GEOJSON, KML, file, json
from app.http import expiry
from app.queries import clock, missions, platforms, tracks

bp = Blueprint("tracks", __name__)

# A glider makes 200 m in this time: less than a pixel of a map of the fleet.
_RECENT_FOR = timedelta(minutes=10)


class TrackQuery(Parameters):
    """How to write the way."""

    format: Literal["geojson", "kml"] = Field("geojson", description="`geojson`, or `kml` (OGC KML 2.2).")


@bp.get("/missions/<platform>/<mission>/track")
@documented(geojson.Tracks, "tracks", TrackQuery, mimetype=GEOJSON, also=[KML], may_be_missing=True)
def one(platform: str, mission: str, query: TrackQuery) -> Response:
    """A mission's way and last position, as GeoJSON or KML.

    A line through the profiles that have a believable position, split where it crosses 180 degrees; `hidden`
    counts the others. No features in the moment before a new mission's track has been derived.
    """
    found = missions.find(platform, mission)
    track = tracks.of(found)
    owner = platforms.named([found.platform]).get(found.platform)
    if query.format == "kml":
        text = b"".join(kml.document(f"{found.platform} {found.mission}", [(found, track, owner)]))
        return file(text, KML, f"{found.platform}_{found.mission}.kml")
    features = geojson.features(found, track, owner) if track else []
    bbox = {"bbox": track.bbox} if track and track.bbox else {}
    return json({"type": "FeatureCollection", **bbox, "features": features}, GEOJSON)


@bp.get("/tracks")
@documented(geojson.TracksPage, "tracks", TrackList, mimetype=GEOJSON)
def page(query: TrackList) -> Response:
    """Ways and last positions of the missions that match, newest data first.

    Lines are simplified as far as `detail` says; `limit` counts missions. `next` is a member beside those of GeoJSON.
    Missions heard in the window of active missions (24 hours) have a `recent_track`, too: where they were in it.
    """
    # To the minute: the same question has the same answer for a while.
    minute = clock.now().replace(second=0, microsecond=0)
    since = minute - timedelta(hours=current_app.extensions["settings"].active_window_h)
    selection = query.selection()
    found = missions.page(
        selection.filters, query.limit, query.cursor, sort=query.sort, within=query.bbox, **selection.span
    )
    ways = tracks.overviews(found.items, query.detail)
    recent = tracks.lines_since(found.items, since)
    # Without one of these nothing moves but by news.
    expiry.until(minute + _RECENT_FOR if recent else None)
    owners = platforms.named(sorted({mission.platform for mission in found.items}))
    features = [
        feature
        for mission in found.items
        if mission.id in ways
        for feature in geojson.features(
            mission, ways[mission.id], owners.get(mission.platform), query.detail, (since, recent.get(mission.id, []))
        )
    ]
    return json({"type": "FeatureCollection", "features": features, "next": found.next}, GEOJSON)
