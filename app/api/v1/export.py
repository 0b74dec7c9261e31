"""The samples or tracks of selected missions in one file, sent while they are read."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from flask import Blueprint, Response, stream_with_context
from pydantic import Field

from app import portal
from app.api.v1 import csv_text, geojson, kml, og1_missions
from app.api.v1.downloads import stream
from app.api.v1.openapi import documented
from app.api.v1.parameters import MissionFilters, WithQuality
from app.api.v1.responses import CSV, GEOJSON, KML, NETCDF, dumped
from app.domain.quality_flags import Quality
from app.domain.records import Mission, Platform, Track
from app.errors import Invalid
from app.queries import exports, platforms, tracks

bp = Blueprint("export", __name__)

# Missions whose tracks are in memory at once; a long track is 150 kB.
_TRACKS_AT_ONCE = 20
_NAME = "halocline-missions"


class ExportQuery(MissionFilters, WithQuality):
    """Filters of missions, the format of the file, and the quality of its samples; tracks are always of `good`."""

    format: Literal["csv", "netcdf", "geojson", "kml"] = Field(
        "csv", description="`csv` or `netcdf` for samples, `geojson` or `kml` for tracks."
    )


@bp.get("/export")
@documented(
    None,
    "data",
    ExportQuery,
    mimetype=CSV,
    also=[NETCDF, GEOJSON, KML],
    success="A file of all missions that match.",
)
def selection(query: ExportQuery) -> Response:
    """The samples or the tracks of all missions that match, in one file.

    At most 500 missions and 20 million samples; a larger selection is refused. Missions with the newest data come
    first. Simulated missions are left out by default.
    """
    if query.format in ("geojson", "kml"):
        return _tracks(query)
    samples = exports.selected(query.selection())
    try:
        response = (_netcdf if query.format == "netcdf" else _csv)(samples, query.quality)
    except BaseException:
        samples.close()
        raise
    response.call_on_close(samples.close)
    return response


def _csv(samples: exports.SelectedSamples, quality: Quality) -> Response:
    measured = csv_text.quantities(samples.missions)
    flagged = csv_text.flagged(samples.missions, measured, quality)
    lines = csv_text.rows_of_missions(samples.documents(), measured, flagged, quality)
    return stream(lines, CSV, fingerprint("csv", samples.missions, (samples.rows, quality)), f"{_NAME}.csv")


def _netcdf(samples: exports.SelectedSamples, quality: Quality) -> Response:
    if not samples.missions:
        raise Invalid("filters", "match no mission; a NetCDF file needs at least one")
    file = og1_missions.layout(samples, portal.current().version, quality)
    header = file.header(sum(samples.rows))
    length = len(header) + sum(samples.rows) * file.row_bytes
    etag_source = header + fingerprint("netcdf", samples.missions, (samples.rows, quality))
    body = chain([header], og1_missions.rows(samples, file, quality))
    return stream(body, NETCDF, etag_source, f"{_NAME}.nc", length)


def _tracks(query: ExportQuery) -> Response:
    missions = exports.matching(query.selection())
    owners = platforms.named(sorted({mission.platform for mission in missions}))
    # A track is derived a moment after its mission has changed, so the ETag depends on the tracks, too.
    overviews = [repr(sorted(tracks.overviews(batch, "coarse").items())) for batch in _batches(missions)]
    etag_source = fingerprint(query.format, missions, (overviews, sorted(owners.items())))
    if query.format == "kml":
        return stream(
            kml.document("Halocline missions", _with_tracks(missions, owners)), KML, etag_source, f"{_NAME}.kml"
        )
    # Its links contain the path under which a proxy mounts the portal, which is only known during the request.
    features = stream_with_context(_geojson(missions, owners))
    return stream(features, GEOJSON, etag_source, f"{_NAME}.geojson")


def _geojson(missions: Sequence[Mission], owners: dict[str, Platform]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    comma = b""
    for mission, track, owner in _with_tracks(missions, owners):
        for feature in geojson.features(mission, track, owner) if track else ():
            yield comma + dumped(feature)
            comma = b","
    yield b"]}"


def _batches(missions: Sequence[Mission]) -> Iterator[Sequence[Mission]]:
    yield from (missions[first : first + _TRACKS_AT_ONCE] for first in range(0, len(missions), _TRACKS_AT_ONCE))


def _with_tracks(
    missions: Sequence[Mission], owners: dict[str, Platform]
) -> Iterator[tuple[Mission, Track | None, Platform | None]]:
    for batch in _batches(missions):
        by_mission = tracks.of_missions(batch)
        for mission in batch:
            yield mission, by_mission.get(mission.id), owners.get(mission.platform)


def fingerprint(form: str, missions: Sequence[Mission], others: object) -> bytes:
    """A digest that changes whenever the body changes: of the missions, and of everything else in the body."""
    digest = hashlib.sha256(f"{form}\n{portal.current().version}\n{others!r}".encode())
    for mission in missions:
        digest.update(repr(mission).encode("utf-8", "surrogatepass"))
    return digest.digest()
