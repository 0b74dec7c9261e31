"""Missions of a selection in one file: their samples or their ways, sent while they are read."""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal

from flask import Blueprint, Response, current_app, stream_with_context
from pydantic import Field

from app.api.v1 import csv_text, geojson, kml, og1
from app.api.v1.openapi import documented
from app.api.v1.parameters import MissionFilters
from app.api.v1.responses import CSV, GEOJSON, KML, NETCDF, dumped, stream
from app.domain.records import Mission, Platform, Track
from app.errors import Invalid
from app.queries import exports, platforms, tracks

bp = Blueprint("export", __name__)

# The ways of so many missions are held at once: a long one is 150 kB.
_WAYS_AT_ONCE = 20
_NAME = "halocline-missions"


class ExportQuery(MissionFilters):
    """Missions that match all the given filters, and how to write them."""

    format: Literal["csv", "netcdf", "geojson", "kml"] = Field(
        "csv", description="`csv` or `netcdf` for the samples, `geojson` or `kml` for the ways."
    )


@bp.get("/export")
@documented(
    None,
    "data",
    ExportQuery,
    mimetype=CSV,
    also=[NETCDF, GEOJSON, KML],
    says="A file of all missions that match.",
)
def selection(query: ExportQuery) -> Response:
    """The samples or the ways of all missions that match, in one file.

    At most 500 missions, and 20 million samples; more are refused. Newest data first; simulated missions are left
    out unless asked for.
    """
    if query.format in ("geojson", "kml"):
        return _ways(query)
    found = exports.selected(query.selection())
    try:
        response = _netcdf(found) if query.format == "netcdf" else _csv(found)
    except BaseException:
        found.close()
        raise
    response.call_on_close(found.close)
    return response


def _csv(found: exports.SelectedSamples) -> Response:
    measured = csv_text.quantities(found.missions)
    lines = csv_text.rows_of_missions(found.documents(), measured)
    return stream(lines, CSV, stands_for("csv", found.missions, found.rows), f"{_NAME}.csv")


def _netcdf(found: exports.SelectedSamples) -> Response:
    if not found.missions:
        raise Invalid("filters", "match no mission, and a NetCDF file has one at least")
    made = og1.layout_of_missions(found, current_app.extensions["version"])
    header = made.header(sum(found.rows))
    length = len(header) + sum(found.rows) * made.row_bytes
    made_of = header + stands_for("netcdf", found.missions, found.rows)
    return stream(chain([header], og1.rows_of_missions(found, made)), NETCDF, made_of, f"{_NAME}.nc", length)


def _ways(query: ExportQuery) -> Response:
    missions = exports.matching(query.selection())
    owners = platforms.named(sorted({mission.platform for mission in missions}))
    # A way is derived a moment after its mission has changed: what is drawn of it belongs to the answer's tag, too.
    drawn = [repr(sorted(tracks.overviews(some, "coarse").items())) for some in _batches(missions)]
    made_of = stands_for(query.format, missions, (drawn, sorted(owners.items())))
    if query.format == "kml":
        return stream(kml.document("Halocline missions", _with_ways(missions, owners)), KML, made_of, f"{_NAME}.kml")
    # Links in it know under which path the portal is mounted.
    features = stream_with_context(_geojson(missions, owners))
    return stream(features, GEOJSON, made_of, f"{_NAME}.geojson")


def _geojson(missions: Sequence[Mission], owners: dict[str, Platform]) -> Iterator[bytes]:
    yield b'{"type":"FeatureCollection","features":['
    comma = b""
    for mission, track, owner in _with_ways(missions, owners):
        for feature in geojson.features(mission, track, owner) if track else ():
            yield comma + dumped(feature)
            comma = b","
    yield b"]}"


def _batches(missions: Sequence[Mission]) -> Iterator[Sequence[Mission]]:
    yield from (missions[first : first + _WAYS_AT_ONCE] for first in range(0, len(missions), _WAYS_AT_ONCE))


def _with_ways(
    missions: Sequence[Mission], owners: dict[str, Platform]
) -> Iterator[tuple[Mission, Track | None, Platform | None]]:
    for some in _batches(missions):
        ways = tracks.of_missions(some)
        for mission in some:
            yield mission, ways.get(mission.id), owners.get(mission.platform)


def stands_for(form: str, missions: Sequence[Mission], more: object) -> bytes:
    """What changes whenever the answer does: the missions as they stand, and whatever else it is made of."""
    digest = hashlib.sha256(f"{form}\n{current_app.extensions['version']}\n{more!r}".encode())
    for mission in missions:
        digest.update(repr(mission).encode("utf-8", "surrogatepass"))
    return digest.digest()
