"""A mission's samples as CSV or NetCDF, sent while they are read."""

from itertools import chain
from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app import portal
from app.api.v1 import csv_text, og1, schemas
from app.api.v1.downloads import stream
from app.api.v1.openapi import documented
from app.api.v1.parameters import WithQuality
from app.api.v1.responses import CSV, NETCDF, dumped
from app.domain.quality_flags import Quality
from app.queries import exports, missions, platforms, profiles

bp = Blueprint("data", __name__)


class DataQuery(WithQuality):
    """The format and the quality of the samples."""

    format: Literal["csv", "netcdf"] = Field(
        "csv", description="`csv`, or `netcdf`: a CF trajectory with the names of OceanGliders 1.0."
    )


@bp.get("/missions/<platform>/<mission>/data")
@documented(
    None,
    "data",
    DataQuery,
    mimetype=CSV,
    also=[NETCDF],
    success="CSV: a header line, then a line for each sample. NetCDF: the same values.",
    of_mission=True,
)
def export(platform: str, mission: str, query: DataQuery) -> Response:
    """A mission's samples as CSV or NetCDF.

    In CSV, the header names each column as `name (unit)`. Lines end in CR LF, missing values are empty, times are UTC.
    Its samples are ordered by profile; profile 0 holds the samples that belong to no profile. NetCDF has them in the
    order of time. Values that the file flags as bad are left out unless `quality` is `all`.
    """
    if query.format == "netcdf":
        return _netcdf(platform, mission, query.quality)
    record = missions.find(platform, mission)
    measured = [(variable.name, variable.unit) for variable in record.variables]
    flagged = csv_text.flagged([record], measured, query.quality)
    lines = csv_text.rows(profiles.samples_of(record), record.variables, flagged, query.quality)
    # The ETag of the mission resource: it changes with every change of the samples, and is much faster to read.
    etag_source = dumped([schemas.Mission.of(record).model_dump(), query.quality])
    return stream(lines, CSV, etag_source, f"{record.platform}_{record.mission}.csv")


def _netcdf(platform: str, mission: str, quality: Quality) -> Response:
    samples = exports.of(platform, mission)
    try:
        record = samples.mission
        owner = platforms.named([record.platform]).get(record.platform)
        file = og1.layout(samples, owner, portal.current().version, quality)
        header = file.header(samples.rows)
        # The header is the source of the ETag: it holds the metadata of mission and platform, and Halocline's version.
        response = stream(
            chain([header], og1.rows(samples, file, quality)),
            NETCDF,
            header,
            f"{record.platform}_{record.mission}_{record.data_mode}.nc",
            length=len(header) + samples.rows * file.row_bytes,
        )
    except BaseException:
        samples.close()
        raise
    response.call_on_close(samples.close)
    return response
