"""Samples of the last days of all platforms, for forecasters: CSV or JSON, sent while they are read."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import isfinite
from typing import Any, Literal

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from app.api.v1 import csv_cells, csv_text
from app.api.v1.csv_text import Document, Quantity
from app.api.v1.downloads import stream
from app.api.v1.export import fingerprint
from app.api.v1.openapi import documented
from app.api.v1.parameters import Cursor, ObservedMissions, WithQuality
from app.api.v1.responses import CSV, JSON, dumped
from app.api.v1.schemas import Next, Time, iso_ms
from app.domain.columns import NO_TIME_MS
from app.domain.quality_flags import Quality
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


class ObservationsQuery(ObservedMissions, WithQuality):
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
    304 unless there are new data. Rows without a valid time are left out, and values that are flagged as bad are null
    unless `quality` is `all`. If there are more rows, `next` and the header
    `Link` lead to the next page, which has the same window.
    """
    now = clock.now()
    begin = exports.position(query.cursor) if query.cursor else None
    since = begin.since if begin else (now - timedelta(days=query.days)).replace(minute=0, second=0, microsecond=0)
    if not now - timedelta(days=_MOST_DAYS, hours=2) <= since <= now:
        raise Invalid("cursor", "is too old: begin again with the first page")
    samples = exports.recent(query.selection(), since)
    try:
        response = _page(samples, begin, query.format, query.quality)
    except BaseException:
        samples.close()
        raise
    response.call_on_close(samples.close)
    return response


def _page(samples: exports.Recent, begin: exports.Position | None, form: str, quality: Quality) -> Response:
    measured = csv_text.quantities(samples.missions, samples.variable)
    flagged = csv_text.flagged(samples.missions, measured, quality)
    page = samples.page(_MOST_VALUES // (len(_LEAD) + len(measured) + len(flagged)), begin)
    etag_source = fingerprint(form, samples.missions, (samples.since, samples.variable, begin, quality))
    if form == "csv":
        lines = csv_text.rows_of_missions(page.documents(), measured, flagged, quality, to_ms(samples.since))
        response = stream(lines, CSV, etag_source, "halocline-observations.csv")
    else:
        response = stream(_json(page, measured, flagged, quality), JSON, etag_source, "halocline-observations.json")
    if page.next is not None:
        following = request.args.to_dict() | {"cursor": page.next}
        response.headers["Link"] = f'<{api_urls.path("observations", **following)}>; rel="next"'
    return response


def _json(
    page: exports.RecentPage, measured: Sequence[Quantity], flagged: Sequence[str], quality: Quality
) -> Iterator[bytes]:
    since = page.of.since
    head = {
        "since": iso_ms(since),
        "columns": [
            *_LEAD,
            *(csv_text.title(name) for name, _ in measured),
            *(name + csv_text.FLAGS for name in flagged),
        ],
        "units": [*_LEAD_UNITS, *(unit for _, unit in measured), *(None for _ in flagged)],
        "next": page.next,
    }
    yield dumped(head)[:-1] + b',"rows":['
    comma = b""
    for mission, document in page.documents():
        names = csv_text.column_names(mission, measured)
        for rows in _rows(mission, document, names, flagged, quality, to_ms(since)):
            # Without its end the body is not valid JSON, so a client detects an incomplete download.
            if rows:
                yield comma + dumped(rows)[1:-1]
                comma = b","
    yield b"]}"


def _rows(
    mission: Mission,
    document: Document,
    names: Sequence[str | None],
    flagged: Sequence[str],
    quality: Quality,
    since_ms: int,
) -> Iterator[list[list[Any]]]:
    """The rows of a document, some at a time; those without a good time are left out."""
    begin, end = csv_text.span(document, since_ms, mission)
    times, *values = [csv_text.column(document, name, quality) for name in ("time", *names)]
    flags = [csv_text.flags(document, name) for name in flagged]
    lead = [mission.platform, mission.mission, mission.data_mode]
    for first in range(begin, end, _ROWS_AT_ONCE):
        batch = slice(first, min(first + _ROWS_AT_ONCE, end))
        stamps = [_stamp(time_ms) for time_ms in times[batch]] if times else []
        cells: list[Sequence[Any]] = [_cells(column[batch]) if column else [None] * len(stamps) for column in values]
        cells += [[None] * len(stamps) if each is None else each[batch] for each in flags]
        yield [[*lead, stamp, document["number"], *row] for stamp, *row in zip(stamps, *cells, strict=True) if stamp]


def _stamp(time_ms: int) -> str | None:
    """The time as text, None if it is flagged as bad."""
    return None if time_ms == NO_TIME_MS else iso_ms(from_ms(time_ms))


def _cells(values: Any) -> list[float | None]:
    if values.typecode == "f":
        # The fewest digits that restore the same 32 bits, as in CSV.
        return [float(cell) if cell else None for cell in csv_cells.numbers(values)]
    return [value if isfinite(value) else None for value in values]
