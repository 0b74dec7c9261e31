"""Cells of a text table as columns: numbers, moments and texts. A refusal names the column and the row."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import times
from app.ingest.formats.observations import NO_TIME, Floats, Ints
from app.ingest.refusals import Refused

# Texts for a missing value.
_MISSING = frozenset({"", "NaN", "nan", "NAN", "null", "NULL", "NA"})

# Real moments are shorter; a damaged cell may hold the rest of its file.
_LONGEST_MOMENT = 40
_TIME_OF_DAY = re.compile(r"\d[T ]\d{2}:?\d{2}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def numbers(cells: Sequence[Any], name: str, first_row: int) -> Floats:
    """The cells as (n,) numbers, NaN where missing. Raises Refused for another cell; rows count from `first_row`."""
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
        raise ValueError("cells within cells")
    return values


def is_number(cell: Any) -> bool:
    """True if the cell is a number or marks a missing one."""
    try:
        float("nan" if is_missing(cell) else cell)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def is_missing(cell: Any) -> bool:
    """True if the cell marks a missing value."""
    # An unhashable cell, such as a list, is damage and not a gap.
    return cell is None or (isinstance(cell, str) and cell in _MISSING)


def moments_ms(cells: Sequence[Any], name: str, first_row: int) -> Ints:
    """ISO 8601 cells as (n,) ms since 1970 UTC, NO_TIME where missing. Raises Refused for another cell."""
    if not all(map(_may_be_moment, cells)):
        bad = next(i for i, cell in enumerate(cells) if not _may_be_moment(cell))
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


def _may_be_moment(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and len(cell) <= _LONGEST_MOMENT)


def _plain_ms(text: NDArray[np.str_]) -> Ints | None:
    """The same for cells that are all `2016-09-02T17:05:38Z`, with or without milliseconds: fifty times faster."""
    width = text.dtype.itemsize // 4
    if width not in (20, 24) or text.size == 0:
        return None
    points = text.view(np.uint32).reshape(-1, width)
    if not (points[:, [4, 7, 10, 13, 16, width - 1]] == [ord(sign) for sign in "--T::Z"]).all():
        return None
    try:
        ms: Ints = text.astype(f"U{width - 1}").astype("datetime64[ms]").astype(np.int64)
    except ValueError:
        return None
    return ms


def shown(cell: Any) -> str:
    """The cell for a message."""
    text = repr(cell)
    return text if len(text) <= _LONGEST_MOMENT else f"{text[:_LONGEST_MOMENT]}…"


def repaired(text: str) -> str:
    """The intended text: escapes resolved, and UTF-8 that was decoded as Latin-1, once or twice, repaired."""
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for _ in range(2):
        try:
            text = text.encode("latin-1").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            break
    return text
