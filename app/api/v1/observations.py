"""Samples of the last days of all platforms, for forecasters: CSV or JSON, sent while they are read."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from app.api.v1 import csv_cells, csv_text
from app.api.v1.csv_text import Document, Quantity
from app.api.v1.downloads import stream
from app.api.v1.export import fingerprint
from app.api.v1.openapi import documented
from app.api.v1.parameters import Cursor, ObservedMissions
from app.api.v1.responses import CSV, JSON, dumped
from app.api.v1.schemas import Next, Time, iso_ms
from app.domain.columns import decoded
from app.domain.records import Mission
from app.domain.times import from_ms, to_ms
from app.errors import Invalid
from app.http import api_urls
from app.queries import clock, exports

bp = Blueprint("observations", __name__)

# Days of the longest window.
_MOST_DAYS = 30
# A page of so many values is about 10 MB of JSON or 8 MB of CSV and half a second of CPU time, measured with data of
# `halocline seed`, whether it has many rows of one variable or few rows of many. A page exceeds it by one document at
# most, which has 8 MB.
_MOST_VALUES = 1_000_000
_ROWS_AT_ONCE = 1000
_LEAD = ("platform", "mission", "data_mode", "time", "profile", *(name for name, _ in csv_text.COORDINATES))
_LEAD_UNITS = (None, None, None, "UTC", None, *(unit for _, unit in csv_text.COORDINATES))


class ObservationsQuery(ObservedMissions):
    """The window, filters and the format."""

    days: float = Field(
        1, ge=0.1, le=_MOST_DAYS, allow_inf_nan=False, description="Length of the window in days; 0.5 is twelve hours."
    )
    format: Literal["json", "csv"] = Field("json", description="Format; both hold the same rows.")
    cursor: Cursor = None


class Observations(BaseModel):
    """Rows of values in the order of `columns`; missing values are null."""

    model_config = ConfigDict(extra="forbid")

    since: Time
    columns: list[str]
    units: list[str | None]
    next: Next
    rows: list[list[str | float | None]]


@bp.get("/observations")
@documented(Observations, "data", ObservationsQuery, mimetype=JSON, also=[CSV])
def recent(query: ObservationsQuery) -> Response:
    """Samples of the last days of all platforms, mission by mission, in pages of up to a million values.

    The window begins at a full hour and covers at least `days`. A repeated request within the hour is answered with
    304 unless there are new data. Rows without a valid time are left out. If there are more rows, `next` and the header
    `Link` lead to the next page, which has the same window.
    """
    now = clock.now()
    begin = exports.position(query.cursor) if query.cursor else None
    since = begin.since if begin else (now - timedelta(days=query.days)).replace(minute=0, second=0, microsecond=0)
    if not now - timedelta(days=_MOST_DAYS, hours=2) <= since <= now:
        raise Invalid("cursor", "is too old: begin again with the first page")
    samples = exports.recent(query.selection(), since)
    try:
        response = _page(samples, begin, query.format)
    except BaseException:
        samples.close()
        raise
    response.call_on_close(samples.close)
    return response


def _page(samples: exports.Recent, begin: exports.Position | None, form: str) -> Response:
    measured = csv_text.quantities(samples.missions, samples.variable)
    page = samples.page(_MOST_VALUES // (len(_LEAD) + len(measured)), begin)
    etag_source = fingerprint(form, samples.missions, (samples.since, samples.variable, begin))
    if form == "csv":
        lines = csv_text.rows_of_missions(page.documents(), measured, to_ms(samples.since))
        response = stream(lines, CSV, etag_source, "halocline-observations.csv")
    else:
        response = stream(_json(page, measured, samples.since), JSON, etag_source, "halocline-observations.json")
    if page.next is not None:
        following = request.args.to_dict() | {"cursor": page.next}
        response.headers["Link"] = f'<{api_urls.path("observations", **following)}>; rel="next"'
    return response


def _json(page: exports.RecentPage, measured: Sequence[Quantity], since: datetime) -> Iterator[bytes]:
    head = {
        "since": iso_ms(since),
        "columns": [*_LEAD, *(name for name, _ in measured)],
        "units": [*_LEAD_UNITS, *(unit for _, unit in measured)],
        "next": page.next,
    }
    yield dumped(head)[:-1] + b',"rows":['
    comma = b""
    for mission, document in page.documents():
        for rows in _rows(mission, document, measured, to_ms(since)):
            # Without its end the body is not valid JSON, so a client detects an incomplete download.
            yield comma + dumped(rows)[1:-1]
            comma = b","
    yield b"]}"


def _rows(
    mission: Mission, document: Document, measured: Sequence[Quantity], since_ms: int
) -> Iterator[list[list[Any]]]:
    begin, end = csv_text.span(document, since_ms, mission)
    columns = document["columns"]
    names = csv_text.column_names(mission, measured)
    times, *values = [
        decoded(columns[name]["data"], columns[name]["dtype"]) if name in columns else None for name in ("time", *names)
    ]
    lead = [mission.platform, mission.mission, mission.data_mode]
    for first in range(begin, end, _ROWS_AT_ONCE):
        batch = slice(first, min(first + _ROWS_AT_ONCE, end))
        stamps = [iso_ms(from_ms(time_ms)) for time_ms in times[batch]] if times else []
        cells = [_cells(column[batch]) if column else [None] * len(stamps) for column in values]
        yield [[*lead, stamp, document["number"], *row] for stamp, *row in zip(stamps, *cells, strict=True)]


def _cells(values: Any) -> list[float | None]:
    if values.typecode == "f":
        # The fewest digits that restore the same 32 bits, as in CSV.
        return [float(cell) if cell else None for cell in csv_cells.numbers(values)]
    return [value if isfinite(value) else None for value in values]
