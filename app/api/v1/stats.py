"""Statistics of the years, the basins or the platforms, as JSON and as CSV."""

from collections.abc import Iterator, Sequence
from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import schemas
from app.api.v1.csv_text import text_cell
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters
from app.api.v1.responses import CSV, dumped, json, stream
from app.queries import statistics

bp = Blueprint("stats", __name__)

_DAY_S = 86_400.0
_COLUMNS = (
    "name",
    "missions",
    "platforms",
    "profiles",
    "samples",
    "distance (m)",
    "vertical (m)",
    "time_at_sea (s)",
    "sea_days (d)",
    "last_data (UTC)",
    "computed (UTC)",
)


class StatsQuery(Parameters):
    """What to sum up by, and how to write it."""

    by: Literal["year", "basin", "platform"] = Field("year", description="What the rows are.")
    format: Literal["json", "csv"] = Field("json", description="The same figures as JSON or as CSV.")


@bp.get("/stats")
@documented(schemas.Stats, "totals", StatsQuery, also=CSV)
def rows(query: StatsQuery) -> Response:
    """Sums of every year, basin or platform that has data.

    A mission over New Year counts in both years, each with what happened in it; one in several basins counts in
    each, with the share of its profiles that lie there. Simulated missions are left out.
    """
    items = [schemas.StatsRow.row(row.key, row.name, row.totals) for row in statistics.by(query.by)]
    body = schemas.Stats(by=query.by, items=items).model_dump()
    if query.format == "json":
        return json(body)
    return stream(_lines(query.by, items), CSV, dumped(body), f"halocline-{query.by}.csv")


def _lines(by: str, items: Sequence[schemas.StatsRow]) -> Iterator[str]:
    yield ",".join([by, *_COLUMNS]) + "\r\n"
    for item in items:
        numbers = (item.missions, item.platforms, item.profiles, item.samples, item.distance_m, item.vertical_m)
        times = (item.last_data_at, item.computed_at)
        cells = [text_cell(item.key), text_cell(item.name), *map(repr, numbers)]
        cells += [repr(item.time_at_sea_s), f"{item.time_at_sea_s / _DAY_S:.1f}"]
        yield ",".join([*cells, *(schemas.iso_ms(at) if at else "" for at in times)]) + "\r\n"
