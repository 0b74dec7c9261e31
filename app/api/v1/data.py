"""A mission's samples as CSV or NetCDF, sent while they are read."""

from itertools import chain
from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app import portal
from app.api.v1 import csv_text, og1, schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters
from app.api.v1.responses import CSV, NETCDF, dumped, stream
from app.queries import exports, missions, platforms, profiles

bp = Blueprint("data", __name__)


class DataQuery(Parameters):
    """How to write the samples."""

    format: Literal["csv", "netcdf"] = Field(
        "csv", description="`csv`, or `netcdf`: CF trajectory, names of OceanGliders 1.0."
    )


@bp.get("/missions/<platform>/<mission>/data")
@documented(
    None,
    "data",
    DataQuery,
    mimetype=CSV,
    also=[NETCDF],
    says="CSV: a header line, then a line for each sample. NetCDF: the same values.",
    may_be_missing=True,
)
def export(platform: str, mission: str, query: DataQuery) -> Response:
    """A mission's samples as CSV or NetCDF.

    CSV: the header names each column as `name (unit)`. Lines end in CR LF, missing values are empty, times are UTC.
    Samples come profile by profile; profile 0 holds what was measured outside every profile.
    """
    if query.format == "netcdf":
        return _netcdf(platform, mission)
    found = missions.find(platform, mission)
    lines = csv_text.rows(profiles.samples_of(found), found.variables)
    # The mission changes whenever its samples do, so its resource stands for a body too long to read twice.
    made_of = dumped(schemas.Mission.of(found).model_dump())
    return stream(lines, CSV, made_of, f"{found.platform}_{found.mission}.csv")


def _netcdf(platform: str, mission: str) -> Response:
    samples = exports.of(platform, mission)
    try:
        found = samples.mission
        owner = platforms.named([found.platform]).get(found.platform)
        made = og1.layout(samples, owner, portal.current().version)
        header = made.header(samples.rows)
        # The header holds whatever the mission and its platform say, and the version.
        response = stream(
            chain([header], og1.rows(samples, made)),
            NETCDF,
            header,
            f"{found.platform}_{found.mission}_{found.data_mode}.nc",
            length=len(header) + samples.rows * made.row_bytes,
        )
    except BaseException:
        samples.close()
        raise
    response.call_on_close(samples.close)
    return response
