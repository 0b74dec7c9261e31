"""Sample documents as CSV text, one profile at a time, with the standard library alone."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.api.v1 import csv_cells
from app.domain.columns import decoded
from app.domain.records import Mission, Variable
from app.domain.times import to_ms

Document = Mapping[str, Any]
# A measured quantity: Halocline's name and the unit. The same name with two units is two quantities.
Quantity = tuple[str, str | None]

# The columns before the measured variables, as (name, unit).
COORDINATES: tuple[Quantity, ...] = (("longitude", "degrees_east"), ("latitude", "degrees_north"), ("depth", "m"))
# The columns that identify the mission of a row in files of several missions.
MISSION_COLUMNS = ("platform", "mission", "data_mode")
# Spreadsheets interpret a cell that begins like this as a formula, and run it.
_FORMULA = re.compile(r"^\s*[=+\-@]|^[\t\r\n]")
# As text, a row takes fifty times the memory of its numbers; a thousand rows are 1 to 2 MB.
_ROWS_AT_ONCE = 1000
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def text_cell(text: str) -> str:
    """A text as a cell that spreadsheets show and do not run."""
    harmless = f"'{text}" if _FORMULA.match(text) else text
    return '"{}"'.format(harmless.replace('"', '""')) if _NEEDS_QUOTES.search(harmless) else harmless


def quantities(missions: Iterable[Mission], variable: str | None = None) -> list[Quantity]:
    """The measured quantities of these missions in the order of names; only those of `variable` if it is given."""
    measured = {_quantity(each) for mission in missions for each in mission.variables}
    return sorted(
        (q for q in measured if variable in (None, q[0])), key=lambda quantity: (quantity[0], quantity[1] or "")
    )


def column_names(mission: Mission, measured: Sequence[Quantity]) -> list[str | None]:
    """The stored columns of position, depth and each quantity; None if the mission has not measured a quantity."""
    own = {_quantity(variable) for variable in mission.variables}
    return [name for name, _ in COORDINATES] + [q[0] if q in own else None for q in measured]


def _quantity(variable: Variable) -> Quantity:
    return variable.name, variable.unit


def rows(documents: Iterable[Document], variables: Sequence[Variable]) -> Iterator[str]:
    """The header line, then a few lines at a time. A missing value is an empty cell.

    Columns: time, profile (0 outside every profile), position, depth, then the variables in their order.
    """
    measured = [_quantity(variable) for variable in variables]
    yield _header((), measured)
    names = [name for name, _ in (*COORDINATES, *measured)]
    for document in documents:
        yield from _lines("", document, names, 0, document["count"])


def rows_of_missions(
    documents: Iterable[tuple[Mission, Document]], measured: Sequence[Quantity], since_ms: int | None = None
) -> Iterator[str]:
    """Like `rows`, after columns of platform, mission and data mode; with `since_ms` only rows from then on."""
    yield _header(MISSION_COLUMNS, measured)
    for mission, document in documents:
        lead = "".join(f"{text_cell(getattr(mission, name))}," for name in MISSION_COLUMNS)
        names = column_names(mission, measured)
        first, last = (0, document["count"]) if since_ms is None else span(document, since_ms, mission)
        yield from _lines(lead, document, names, first, last)


def span(document: Document, since_ms: int, mission: Mission) -> tuple[int, int]:
    """The rows of a document between a time and the mission's last valid time: first, and last exclusive."""
    # Rows are in time order; implausible times of a faulty clock come after the last valid time.
    times = decoded(document["columns"]["time"]["data"], document["columns"]["time"]["dtype"])
    return bisect_left(times, since_ms), bisect_right(times, to_ms(mission.figures.end_at))


def _header(lead: Sequence[str], measured: Sequence[Quantity]) -> str:
    names = [f"{name} ({unit})" if unit else name for name, unit in (*COORDINATES, *measured)]
    return ",".join([*lead, "time (UTC)", "profile", *map(text_cell, names)]) + "\r\n"


def _lines(lead: str, document: Document, names: Sequence[str | None], begin: int, end: int) -> Iterator[str]:
    if begin >= end:
        return
    columns, number = document["columns"], f",{document['number']}"
    times, *values = [
        decoded(columns[name]["data"], columns[name]["dtype"]) if name in columns else None for name in ("time", *names)
    ]
    for first in range(begin, end, _ROWS_AT_ONCE):
        batch = slice(first, min(first + _ROWS_AT_ONCE, end))
        size = batch.stop - batch.start
        written = [[""] * size if column is None else csv_cells.numbers(column[batch]) for column in values]
        stamps = csv_cells.times(times[batch], lead, number) if times is not None else [lead + number] * size
        yield "\r\n".join(map(",".join, zip(stamps, *written, strict=True))) + "\r\n"
