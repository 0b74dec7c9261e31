"""Totals of the fleet, the years and the basins."""

from flask import Blueprint, Response

from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.responses import json
from app.queries import totals

bp = Blueprint("totals", __name__)


@bp.get("/totals")
@documented(schemas.Totals, "totals")
def all_scopes() -> Response:
    """Totals over the fleet, each year and each basin.

    A year or basin includes only the part of a mission that falls within it; the mission itself counts in each. A basin
    includes its parts, each mission and each kilometre once.
    """
    years, basins = totals.of_kind("year"), totals.of_kind("basin")
    sums = schemas.Totals(
        fleet=schemas.Sums.of(totals.fleet()),
        years=[schemas.Sums.of(year) for year in years],
        basins=[schemas.Sums.of(basin) for basin in basins],
    )
    return json(sums.model_dump())
