"""Cells of a text table as columns of numbers, times or strings. Errors name the column and the row."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import times
from app.ingest.formats.observations import NO_TIME, Floats, Ints
from app.ingest.refusals import Refused

# Strings that mark a missing value.
_MISSING = frozenset({"", "NaN", "nan", "NAN", "null", "NULL", "NA"})

# Characters. No timestamp is longer; a damaged cell may hold the rest of its file.
_MAX_TIME_LENGTH = 40
_TIME_OF_DAY = re.compile(r"\d[T ]\d{2}:?\d{2}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def numbers(cells: Sequence[Any], name: str, first_row: int) -> Floats:
    """The cells as (n,) numbers, NaN where missing. Raises Refused for a cell that is neither a number nor missing.

    `first_row` is the row number of the first cell, for error messages.
    """
    try:
        return _as_numbers(cells)
    except (ValueError, TypeError, OverflowError):
        filled = ["nan" if is_missing(cell) else cell for cell in cells]
    try:
        return _as_numbers(filled)
    except (ValueError, TypeError, OverflowError):
        bad = next(i for i, cell in enumerate(filled) if not is_number(cell))
        raise Refused("unreadable", f"row {first_row + bad} holds {shown(cells[bad])}, not a number", name) from None


def _as_numbers(cells: Sequence[Any]) -> Floats:
    values = np.array(cells, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError("nested cells")
    return values


def is_number(cell: Any) -> bool:
    """True if the cell is a number or marks a missing value."""
    try:
        float("nan" if is_missing(cell) else cell)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def is_missing(cell: Any) -> bool:
    """True if the cell marks a missing value."""
    # Check the type first: a list is unhashable and would raise TypeError. It is a damaged cell, not a missing value.
    return cell is None or (isinstance(cell, str) and cell in _MISSING)


def moments_ms(cells: Sequence[Any], name: str, first_row: int) -> Ints:
    """ISO 8601 cells as (n,) ms since 1970 UTC, NO_TIME where missing. Raises Refused for any other cell."""
    if not all(map(_may_be_time, cells)):
        bad = next(i for i, cell in enumerate(cells) if not _may_be_time(cell))
        raise Refused("unreadable", f"row {first_row + bad} holds {shown(cells[bad])}, not a time", name)
    text = np.array(["" if cell is None else cell for cell in cells], dtype=np.str_)
    plain = _plain_ms(text)
    if plain is not None:
        return plain
    distinct, where = np.unique(text, return_inverse=True)
    distinct_ms = np.empty(distinct.size, dtype=np.int64)
    for i, value in enumerate(distinct.tolist()):
        moment = times.parsed(value) if _TIME_OF_DAY.search(value) else None
        if moment is None and value not in _MISSING:
            bad = int(np.flatnonzero(where == i)[0])
            raise Refused("unreadable", f"row {first_row + bad} holds {shown(value)}, not a time", name)
        distinct_ms[i] = NO_TIME if moment is None else times.to_ms(moment)
    return distinct_ms[where]


def _may_be_time(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and len(cell) <= _MAX_TIME_LENGTH)


def _plain_ms(text: NDArray[np.str_]) -> Ints | None:
    """Fast path for cells that are all like `2016-09-02T17:05:38Z`, with or without milliseconds; else None."""
    width = text.dtype.itemsize // 4
    if width not in (20, 24) or text.size == 0:
        return None
    code_points = text.view(np.uint32).reshape(-1, width)
    if not (code_points[:, [4, 7, 10, 13, 16, width - 1]] == [ord(char) for char in "--T::Z"]).all():
        return None
    try:
        ms: Ints = text.astype(f"U{width - 1}").astype("datetime64[ms]").astype(np.int64)
    except ValueError:
        return None
    return ms


def shown(cell: Any) -> str:
    """The cell as text for error messages, shortened."""
    text = repr(cell)
    return text if len(text) <= _MAX_TIME_LENGTH else f"{text[:_MAX_TIME_LENGTH]}…"


def repaired(text: str) -> str:
    """The text with escapes resolved, and restored if UTF-8 was wrongly decoded as Latin-1, once or twice."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    # Two escapes may form one surrogate pair.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for _ in range(2):
        try:
            text = text.encode("latin-1").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            break
    return text
