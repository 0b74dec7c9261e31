"""What all platforms measured in the last days, for forecasters: CSV or JSON, sent while it is read."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import isfinite
from typing import Any, Literal

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.v1 import csv_text
from app.api.v1.csv_text import Document, Quantity
from app.api.v1.export import stands_for
from app.api.v1.openapi import documented
from app.api.v1.parameters import ObservedMissions
from app.api.v1.responses import CSV, JSON, dumped, stream
from app.api.v1.schemas import Time, iso_ms
from app.domain.columns import decoded
from app.domain.records import Mission
from app.domain.times import from_ms, to_ms
from app.queries import clock, exports

bp = Blueprint("observations", __name__)

_ROWS_AT_ONCE = 1000
_LEAD = ("platform", "mission", "data_mode", "time", "profile", *(name for name, _ in csv_text.COORDINATES))
_LEAD_UNITS = (None, None, None, "UTC", None, *(unit for _, unit in csv_text.COORDINATES))


class ObservationsQuery(ObservedMissions):
    """How far back, what of it, and how to write it."""

    days: float = Field(1, ge=0.1, le=30, allow_inf_nan=False, description="How many days back; 0.5 is twelve hours.")
    format: Literal["json", "csv"] = Field("json", description="The same rows as JSON or as CSV.")


class Observations(BaseModel):
    """Rows of values in the order of `columns`; what is missing is null."""

    model_config = ConfigDict(extra="forbid")

    since: Time
    columns: list[str]
    units: list[str | None]
    rows: list[list[str | float | None]]


@bp.get("/observations")
@documented(Observations, "data", ObservationsQuery, mimetype=JSON, also=[CSV])
def recent(query: ObservationsQuery) -> Response:
    """What all platforms measured in the last days, mission by mission, newest data first.

    The window opens with a full hour, so that it holds at least the days asked for, and that who asks again within
    the hour gets 304 unless there are new data. Rows are those with a valid time. At most 5 million samples.
    """
    opened = (clock.now() - timedelta(days=query.days)).replace(minute=0, second=0, microsecond=0)
    found = exports.recent(query.selection(), opened)
    try:
        measured = csv_text.quantities(found.missions, found.variable)
        made_of = stands_for(query.format, found.missions, (opened, found.variable))
        if query.format == "csv":
            lines = csv_text.rows_of_missions(found.documents(), measured, to_ms(opened))
            response = stream(lines, CSV, made_of, "halocline-observations.csv")
        else:
            response = stream(_json(found, measured, opened), JSON, made_of, "halocline-observations.json")
    except BaseException:
        found.close()
        raise
    response.call_on_close(found.close)
    return response


def _json(found: exports.Recent, measured: Sequence[Quantity], opened: datetime) -> Iterator[bytes]:
    head = {
        "since": iso_ms(opened),
        "columns": [*_LEAD, *(name for name, _ in measured)],
        "units": [*_LEAD_UNITS, *(unit for _, unit in measured)],
    }
    yield dumped(head)[:-1] + b',"rows":['
    comma = b""
    for mission, document in found.documents():
        for some in _rows(mission, document, measured, to_ms(opened)):
            # One that breaks off is no JSON: nobody takes it for whole.
            yield comma + dumped(some)[1:-1]
            comma = b","
    yield b"]}"


def _rows(
    mission: Mission, document: Document, measured: Sequence[Quantity], since_ms: int
) -> Iterator[list[list[Any]]]:
    begin, end = csv_text.span(document, since_ms, mission)
    columns = document["columns"]
    known = {(about.name, about.unit) for about in mission.variables}
    names = [name for name, _ in csv_text.COORDINATES] + [q[0] if q in known else None for q in measured]
    times, *values = [
        decoded(columns[name]["data"], columns[name]["dtype"]) if name in columns else None for name in ("time", *names)
    ]
    lead = [mission.platform, mission.mission, mission.data_mode]
    for first in range(begin, end, _ROWS_AT_ONCE):
        taken = slice(first, min(first + _ROWS_AT_ONCE, end))
        stamps = [iso_ms(from_ms(time_ms)) for time_ms in times[taken]] if times else []
        cells = [_cells(column[taken]) if column else [None] * len(stamps) for column in values]
        yield [[*lead, stamp, document["number"], *row] for stamp, *row in zip(stamps, *cells, strict=True)]


def _cells(values: Any) -> list[float | None]:
    if values.typecode == "f":
        # As few digits as give the same 32 bits back, as in the CSV.
        return [float(cell) if cell else None for cell in csv_text.cells(values)]
    return [value if isfinite(value) else None for value in values]
