"""A vessel's log as a table of text: names in the first line, then a row for each report.

Tabs, semicolons or commas separate columns. A refusal names file, line and column.
"""

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.domain import times
from app.ingest.formats import text_cells
from app.ingest.formats.observations import NO_TIME, Floats, Ints
from app.ingest.refusals import Refused

# A report each ten minutes for ten years is half of it; parsing takes several times the size in memory.
_MOST_BYTES = 64 << 20
# As for any table: beyond these limits the file is damaged.
_MOST_COLUMNS, _LONGEST_LINE, _LONGEST_NAME = 1000, 1 << 16, 200
_SEPARATORS = "\t;,"
_BOM = b"\xef\xbb\xbf"
# The format of the loggers; other tools that rewrite these files use ISO 8601.
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})[ T]+(.+)", re.ASCII)
_TIME_OF_DAY = re.compile(r"\d[T ]+\d{1,2}:\d{2}", re.ASCII)
_LONGEST_CELL = 80


@dataclass(frozen=True, slots=True)
class Log:
    """The rows of one file: times in ms since 1970, and columns of numbers by their name in lower case."""

    name: str
    time_ms: Ints
    columns: dict[str, Floats]
    # The file's own spelling of the columns' names.
    spelled: dict[str, str]


def read(path: Path, max_samples: int, numeric: Collection[str], ignored: Collection[str]) -> Log:
    """The log. Columns in `numeric` must hold numbers; other columns are dropped if they do not. Raises Refused."""
    lines, is_whole = _lines(path)
    separator = max(_SEPARATORS, key=lines[0].count)
    names = _names(path.name, next(csv.reader([lines[0]], delimiter=separator), []))
    rows, numbers = _rows(path.name, lines, separator, len(names), is_whole)
    if len(rows) > max_samples:
        raise Refused("too_large", f"{path.name} has {len(rows)} rows, more than the limit of {max_samples}")
    if not rows:
        raise Refused("no_samples", f"{path.name} has names but no row")
    cells = dict(zip((name.lower() for name in names), zip(*rows, strict=True), strict=True))
    if "time" not in cells:
        raise Refused("no_time", f"{path.name} has no such column", "Time")
    spelled = {name.lower(): name for name in names}
    columns = {
        key: column
        for key, texts in cells.items()
        if key not in ("time", *ignored)
        and (column := _numbers(path.name, spelled[key], texts, numbers, key in numeric)) is not None
    }
    return Log(path.name, _moments(path.name, spelled["time"], cells["time"], numbers), columns, spelled)


def header(head: bytes) -> list[str]:
    """The names in the first line of a log, in lower case."""
    return [cell.strip(' "').lower() for cell in _first_line(head).split(separator(head))]


def separator(head: bytes) -> str:
    """The character that separates the columns of a log."""
    return max(_SEPARATORS, key=_first_line(head).count)


def _first_line(head: bytes) -> str:
    return re.split(r"\r\n|\r|\n", head.removeprefix(_BOM).decode("latin-1"), maxsplit=1)[0]


def _lines(path: Path) -> tuple[list[str], bool]:
    """The lines of the file, and whether the last one has a line end."""
    size = path.stat().st_size
    if size == 0:
        raise Refused("empty_file", f"{path.name} is empty")
    if size > _MOST_BYTES:
        raise Refused("too_large", f"{path.name} has {size} bytes, more than the limit of {_MOST_BYTES} for a log")
    # Any byte is a character of Latin-1, and numbers are ASCII.
    text = path.read_bytes().removeprefix(_BOM).decode("latin-1")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if (number := next((i for i, line in enumerate(lines) if len(line) > _LONGEST_LINE), None)) is not None:
        raise Refused("unreadable", f"{path.name}, line {number + 1} has more than {_LONGEST_LINE} characters")
    return lines, lines[-1] == ""


def _names(file: str, first: Sequence[str]) -> list[str]:
    names = [name.strip() for name in first]
    while names and not names[-1]:
        names.pop()
    if any(text_cells.is_number(name) and name for name in names) or any(_TIME_OF_DAY.search(name) for name in names):
        raise Refused("no_header", f"{file}, line 1 holds values and not the names of the columns")
    if len(names) < 2:
        raise Refused("unreadable", f"{file}, line 1 has no names of columns separated by tabs, semicolons or commas")
    if len(names) > _MOST_COLUMNS:
        raise Refused("unreadable", f"{file} has {len(names)} columns, more than any log has")
    if (long := next((name for name in names if len(name) > _LONGEST_NAME), None)) is not None:
        raise Refused("unreadable", f"{file}: a column's name has {len(long)} characters", long[:_LONGEST_NAME])
    keys = [name.lower() for name in names]
    if (twice := next((name for name in names if name and keys.count(name.lower()) > 1), None)) is not None:
        raise Refused("unreadable", f"{file}: two columns have this name", twice)
    # A column without a name is named after its position.
    return [name or f"column {i + 1}" for i, name in enumerate(names)]


def _rows(
    file: str, lines: Sequence[str], separator: str, width: int, is_whole: bool
) -> tuple[list[list[str]], list[int]]:
    """The rows under the names, cells stripped, and the line number at which each ends."""
    rows: list[list[str]] = []
    numbers: list[int] = []
    reader = csv.reader(lines[1:], delimiter=separator, strict=True)
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            if not any(cells):
                continue
            # Lines often end with a separator, which does not begin another cell.
            if len(cells) > width and not cells[-1]:
                cells.pop()
            number = reader.line_num + 1
            if len(cells) != width:
                is_last = not is_whole and number == len(lines)
                code, why = ("truncated", ": it ends in the middle") if is_last else ("unreadable", "")
                raise Refused(code, f"{file}, line {number} has {len(cells)} values instead of {width}{why}")
            rows.append(cells)
            numbers.append(number)
    except csv.Error as error:
        code = "truncated" if "unexpected end" in str(error) else "unreadable"
        raise Refused(code, f"{file}, line {reader.line_num + 1} is not a row of a table: {error}") from error
    return rows, numbers


def _numbers(file: str, name: str, texts: Sequence[str], numbers: Sequence[int], is_required: bool) -> Floats | None:
    """The column, NaN where missing; None when it is not required and holds another type."""
    filled = ["nan" if text_cells.is_missing(text) else text for text in texts]
    try:
        values = np.array(filled, dtype=np.float64)
    except ValueError:
        bad = next((i for i, text in enumerate(filled) if not text_cells.is_number(text)), 0)
        if not is_required:
            return None
        cause = f"{file}, line {numbers[bad]} holds {text_cells.shown(texts[bad])}, not a number"
        raise Refused("unreadable", cause, name) from None
    values[~np.isfinite(values)] = np.nan
    return values


def _moments(file: str, name: str, texts: Sequence[str], numbers: Sequence[int]) -> Ints:
    time_ms = np.empty(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        if text_cells.is_missing(text):
            time_ms[i] = NO_TIME
            continue
        iso = _DAY_FIRST.sub(r"\3-\2-\1 \4", text) if len(text) <= _LONGEST_CELL else ""
        moment = times.parsed(iso) if _TIME_OF_DAY.search(iso) else None
        if moment is None:
            cause = f"{file}, line {numbers[i]} holds {text_cells.shown(text)}, not a date with a time of day"
            raise Refused("unreadable", cause, name)
        time_ms[i] = times.to_ms(moment)
    return time_ms
