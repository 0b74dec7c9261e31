"""Sample documents as CSV text, one profile at a time, with the standard library alone."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.api.v1 import csv_cells
from app.domain.columns import NO_TIME_MS, decoded, flags_of, good_values
from app.domain.quality_flags import Quality
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
# The end of the names of columns with quality flags, after the name of their variable.
FLAGS = "_qc"
_FLAG_CELLS = [str(flag) for flag in range(10)]


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


def title(name: str) -> str:
    """The name of the column of a quantity. Those of earlier releases may end like the names of flags."""
    return f"{name}_value" if name.endswith(FLAGS) else name


def column_names(mission: Mission, measured: Sequence[Quantity]) -> list[str | None]:
    """The stored columns of position, depth and each quantity; None if the mission has not measured a quantity."""
    own = {_quantity(variable) for variable in mission.variables}
    return [name for name, _ in COORDINATES] + [q[0] if q in own else None for q in measured]


def _quantity(variable: Variable) -> Quantity:
    return variable.name, variable.unit


def flagged(missions: Iterable[Mission], measured: Sequence[Quantity], quality: Quality) -> list[str]:
    """The columns whose quality flags are written: those of `all` that any of the missions has flags for."""
    if quality == "good":
        return []
    having = {counts.variable for mission in missions for counts in mission.flags}
    names = ("time", *(name for name, _ in COORDINATES), *(name for name, _ in measured))
    return [name for name in dict.fromkeys(names) if name in having]


def column(document: Document, name: str | None, quality: Quality) -> "array[Any] | None":
    """The values of a stored column, None if there are none; with `good` without those flagged as bad."""
    stored = document["columns"].get(name)
    if stored is None:
        return None
    return good_values(stored) if quality == "good" else decoded(stored["data"], stored["dtype"])


def flags(document: Document, name: str) -> bytes | None:
    """The quality flags of a stored column, None if there is no such column; 0, not evaluated, without flags."""
    stored = document["columns"].get(name)
    return None if stored is None else flags_of(stored, document["count"]) or bytes(document["count"])


def rows(
    documents: Iterable[Document], variables: Sequence[Variable], flagged: Sequence[str] = (), quality: Quality = "good"
) -> Iterator[str]:
    """The header line, then a few lines at a time. A missing value is an empty cell.

    Columns: time, profile (0 outside every profile), position, depth, the variables in their order, and the quality
    flags of the columns in `flagged`.
    """
    measured = [_quantity(variable) for variable in variables]
    yield _header((), measured, flagged)
    names = [name for name, _ in (*COORDINATES, *measured)]
    for document in documents:
        yield from _lines("", document, names, (0, document["count"]), flagged, quality)


def rows_of_missions(
    documents: Iterable[tuple[Mission, Document]],
    measured: Sequence[Quantity],
    flagged: Sequence[str] = (),
    quality: Quality = "good",
    since_ms: int | None = None,
) -> Iterator[str]:
    """Like `rows`, after columns of platform, mission and data mode.

    With `since_ms` only rows from then on, without those whose time is flagged as bad.
    """
    yield _header(MISSION_COLUMNS, measured, flagged)
    for mission, document in documents:
        lead = "".join(f"{text_cell(getattr(mission, name))}," for name in MISSION_COLUMNS)
        names = column_names(mission, measured)
        if since_ms is None:
            yield from _lines(lead, document, names, (0, document["count"]), flagged, quality)
        else:
            yield from _lines(lead, document, names, span(document, since_ms, mission), flagged, quality, is_timed=True)


def span(document: Document, since_ms: int, mission: Mission) -> tuple[int, int]:
    """The rows of a document between a time and the mission's last valid time: first, and last exclusive."""
    # Rows are in time order; implausible times of a faulty clock come after the last valid time.
    times = decoded(document["columns"]["time"]["data"], document["columns"]["time"]["dtype"])
    return bisect_left(times, since_ms), bisect_right(times, to_ms(mission.figures.end_at))


def _header(lead: Sequence[str], measured: Sequence[Quantity], flagged: Sequence[str]) -> str:
    names = [f"{title(name)} ({unit})" if unit else title(name) for name, unit in (*COORDINATES, *measured)]
    names += [name + FLAGS for name in flagged]
    return ",".join([*lead, "time (UTC)", "profile", *map(text_cell, names)]) + "\r\n"


def _lines(
    lead: str,
    document: Document,
    names: Sequence[str | None],
    extent: tuple[int, int],
    flagged: Sequence[str],
    quality: Quality,
    is_timed: bool = False,
) -> Iterator[str]:
    """The lines of the rows of a document in `extent`; with `is_timed` without rows that have no good time."""
    begin, end = extent
    if begin >= end:
        return
    number = f",{document['number']}"
    times, *values = [column(document, name, quality) for name in ("time", *names)]
    of_rows = [flags(document, name) for name in flagged]
    drops = is_timed and "flags" in document["columns"].get("time", {})
    for first in range(begin, end, _ROWS_AT_ONCE):
        batch = slice(first, min(first + _ROWS_AT_ONCE, end))
        size = batch.stop - batch.start
        written = [[""] * size if each is None else csv_cells.numbers(each[batch]) for each in values]
        written += [[""] * size if each is None else [_FLAG_CELLS[flag] for flag in each[batch]] for each in of_rows]
        stamps = csv_cells.times(times[batch], lead, number) if times is not None else [lead + number] * size
        lines: Iterable[str] = map(",".join, zip(stamps, *written, strict=True))
        if drops and times is not None:
            lines = [line for line, time_ms in zip(lines, times[batch], strict=True) if time_ms != NO_TIME_MS]
            if not lines:
                continue
        yield "\r\n".join(lines) + "\r\n"
