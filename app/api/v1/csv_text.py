"""Sample documents as CSV text, one profile at a time, with the standard library alone."""

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from app.api.v1.schemas import iso_ms
from app.domain.columns import decoded
from app.domain.records import Variable
from app.domain.times import from_ms

# What stands before the measured variables, as (name, unit).
COORDINATES = (("longitude", "degrees_east"), ("latitude", "degrees_north"), ("depth", "m"))
# Spreadsheets take a cell that begins like this for a formula and run it.
_FORMULA = re.compile(r"^\s*[=+\-@]|^[\t\r\n]")
# As text a row takes fifty times the room of its numbers; a thousand rows are a megabyte or two.
_ROWS_AT_ONCE = 1000
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


def text_cell(text: str) -> str:
    """A text as a cell that spreadsheets show and never run."""
    harmless = f"'{text}" if _FORMULA.match(text) else text
    return '"{}"'.format(harmless.replace('"', '""')) if _NEEDS_QUOTES.search(harmless) else harmless


def rows(documents: Iterable[Mapping[str, Any]], variables: Sequence[Variable]) -> Iterator[str]:
    """The header line, then some lines at a time. A missing value is an empty cell.

    Columns: time, profile (0 outside every profile), position, depth, then the variables in their order.
    """
    measured = [(variable.name, variable.unit) for variable in variables]
    units = [*COORDINATES, *measured]
    names = [f"{name} ({unit})" if unit else name for name, unit in units]
    yield ",".join(["time (UTC)", "profile", *map(text_cell, names)]) + "\r\n"
    for document in documents:
        yield from _lines(document, [name for name, _ in units])


def _lines(document: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    columns, count, number = document["columns"], document["count"], str(document["number"])
    times, *values = [
        decoded(columns[name]["data"], columns[name]["dtype"]) if name in columns else None for name in ("time", *names)
    ]
    for first in range(0, count, _ROWS_AT_ONCE):
        taken = slice(first, min(first + _ROWS_AT_ONCE, count))
        size = taken.stop - taken.start
        cells = [[""] * size if column is None else _cells(column[taken]) for column in values]
        stamps = [_stamp(time_ms) for time_ms in times[taken]] if times is not None else [""] * size
        yield "".join(",".join(row) + "\r\n" for row in zip(stamps, [number] * size, *cells, strict=True))


def _stamp(time_ms: int) -> str:
    try:
        return iso_ms(from_ms(time_ms))
    except OverflowError:  # A clock gone mad: the sample is kept, its time is in no calendar.
        return ""


def _cells(values: "array[Any]") -> list[str]:
    if values.typecode == "f":
        return _single_precision(values)
    return [repr(value) if isfinite(value) else "" for value in values]


def _single_precision(values: "array[float]") -> list[str]:
    """Values with as few digits as give the same 32 bits back; NaN and infinities are empty."""
    short = [f"{value:.7g}" for value in values]
    again = array("f", map(float, short))
    return [
        text if value == back and isfinite(value) else f"{value:.9g}" if isfinite(value) else ""
        for value, text, back in zip(values, short, again, strict=True)
    ]
