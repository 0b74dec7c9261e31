"""Statistics of the years, the basins, both together or the platforms, as JSON and as CSV."""

from collections.abc import Iterator, Sequence
from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import schemas
from app.api.v1.csv_text import text_cell
from app.api.v1.downloads import stream
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters
from app.api.v1.responses import CSV, dumped, json
from app.http import expiry
from app.queries import clock, statistics

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
    "under_way (s)",
    "elapsed (s)",
    "uptime (%)",
    "mean_at_sea",
    "last_data (UTC)",
    "computed (UTC)",
    "part_of",
)


class StatsQuery(Parameters):
    """The kind of rows, and the format."""

    by: Literal["year", "basin", "platform", "year_basin"] = Field(
        "year", description="Kind of the rows; `year_basin` is each basin in each year."
    )
    format: Literal["json", "csv"] = Field("json", description="Format; both hold the same figures.")


@bp.get("/stats")
@documented(schemas.Stats, "totals", StatsQuery, also=[CSV])
def rows(query: StatsQuery) -> Response:
    """Totals of every year, basin, platform, or basin in a year that has data.

    A mission that lasts beyond the turn of the year counts in both years, with the part that falls within each. A
    mission in several basins counts in each, with the share of its profiles there. A basin includes its parts
    (`part_of`), so that the basins of the table do not add up to the fleet. The uptime of a year is the percentage of
    its elapsed time with at least one mission under way. In each of its basins, a mission is under way from its begin
    to its end. Simulated missions are left out.
    """
    now = clock.now()
    totals = statistics.by(query.by, now)
    expiry.until(statistics.until(totals, now))
    items = [schemas.StatsRow.row(row) for row in totals]
    body = schemas.Stats(by=query.by, items=items).model_dump()
    if query.format == "json":
        return json(body)
    return stream(_lines(query.by, items), CSV, dumped(body), f"halocline-{query.by}.csv")


def _lines(by: str, items: Sequence[schemas.StatsRow]) -> Iterator[str]:
    yield ",".join([by, *_COLUMNS]) + "\r\n"
    for item in items:
        numbers = (item.missions, item.platforms, item.profiles, item.samples, item.distance_m, item.vertical_m)
        times = (item.last_data_at, item.computed_at)
        cells = [text_cell(item.key), text_cell(item.name), *map(_cell, numbers)]
        cells += [repr(item.time_at_sea_s), f"{item.time_at_sea_s / _DAY_S:.1f}"]
        of_the_year = (item.under_way_s, item.elapsed_s, item.uptime_percent, item.mean_at_sea)
        cells += map(_cell, of_the_year)
        cells += [schemas.iso_ms(at) if at else "" for at in times]
        yield ",".join([*cells, text_cell(item.part_of or "")]) + "\r\n"


def _cell(number: float | None) -> str:
    return "" if number is None else repr(number)
