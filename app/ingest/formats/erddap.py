"""ERDDAP's tables from disk: `.csvp`, `.csv` with its row of units, the same with tabs, `.json`. Tables need names.

The format: https://coastwatch.pfeg.noaa.gov/erddap/tabledap/documentation.html (texts are ISO 8859-1, times ISO 8601).
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import TextIOWrapper
from itertools import chain, islice
from os import SEEK_END
from pathlib import Path
from typing import Any

import orjson

from app.ingest.formats import precise_positions, text_cells, time_series, unread_variables
from app.ingest.formats.erddap_metadata import About, Description, description
from app.ingest.formats.netcdf import CELLS_PER_SAMPLE
from app.ingest.formats.observations import TABLE_FORMAT, Observations
from app.ingest.formats.text_table import Table
from app.ingest.refusals import Refused

# Rows per block: only one block is held as text, whatever the size of the file.
_BLOCK_ROWS = 1 << 13
# A line of a table has a few hundred characters; a file without line ends must not be read as one line.
_LONGEST_LINE = 1 << 16
# A JSON document is parsed as a whole and takes several times its size in memory.
_MOST_JSON_BYTES = 64 << 20
_BOM = b"\xef\xbb\xbf"
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}")
# Columns that name the mission of a row; `platform` and `mission` are those of Halocline's own export.
_IDENTITIES = ("trajectory", "trajectory_name", "mission", "platform", "dataset_id")
_POSITIONS = ({"latitude", "lat"}, {"longitude", "lon"})


def matches(head: bytes) -> bool:
    """True if the first bytes are a table that names time and position. Raises Refused for a table without names."""
    text = _plain(head)
    if text.startswith("{"):
        return '"columnnames"' in text.lower() and '"table"' in text.lower()
    first = [cell.strip(' "') for cell in text.splitlines()[0].split(_separator(text))] if text else []
    if any(_ISO.match(cell) for cell in first) and sum(map(text_cells.is_number, first)) >= 2:
        raise Refused("no_header", "the first row holds values and not the names of the columns: request .csvp or .csv")
    names = {_named(cell)[0].lower() for cell in first}
    return sum(("time" in names, *(bool(names & position) for position in _POSITIONS))) >= 2


def read(path: Path, head: bytes, max_samples: int, about: About | None = None) -> Observations:
    """The rows of the table, with the server's description of them. Raises Refused."""
    described = description(about) if about else Description()
    is_json = _plain(head).startswith("{")
    table = _json(path, max_samples) if is_json else _delimited(path, head, max_samples, described)
    if table.rows == 0:
        raise Refused("no_samples", "the table has names but no row")
    if (several := next((name for name in _IDENTITIES if table.differing(name)), None)) is not None:
        raise Refused(
            "several_missions", f"the table holds several missions, by its column {several}: request one", several
        )
    rows = precise_positions.refined(table, time_series.read(table, time_series.coordinates(table)))
    rows = replace(
        rows,
        format=TABLE_FORMAT,
        attributes={**described.attributes, **table.attributes()},
        texts=table.attributes(),
    )
    return replace(rows, unread=unread_variables.reasons(table, rows))


def _plain(head: bytes) -> str:
    return head.removeprefix(_BOM).decode("latin-1").lstrip()


def _separator(text: str) -> str:
    """A tab if the first line has more tabs than commas: ERDDAP's `.tsv`, `.tsvp`. Units may hold commas."""
    first = text.partition("\n")[0]
    return "\t" if first.count("\t") > first.count(",") else ","


def _named(cell: str) -> tuple[str, str | None]:
    """Name and unit of `depth (m)`."""
    name, opened, unit = cell.strip().partition(" (")
    return (name, unit[:-1]) if opened and unit.endswith(")") else (cell.strip(), None)


def _delimited(path: Path, head: bytes, max_samples: int, described: Description) -> Table:
    with path.open("rb") as binary:
        binary.seek(-1, SEEK_END)
        is_whole = binary.read(1) in b"\r\n"
        binary.seek(len(_BOM) if head.startswith(_BOM) else 0)
        # Any byte is a character of Latin-1: numbers are ASCII, and the few texts are repaired later.
        with TextIOWrapper(binary, encoding="latin-1", newline="") as stream:
            records = _records(_lines(stream), _separator(_plain(head)))
            named = [_named(cell) for cell in next(records)]
            names, units = [name for name, _ in named], [unit for _, unit in named]
            first = list(islice(records, 1))
            if first and len(first[0]) == len(names) and not any(units) and _are_units(names, first[0]):
                units, first = [text_cells.repaired(cell).strip() or None for cell in first[0]], []
            types = [described.types.get(name.lower()) for name in names]
            table = Table(names, units, types, described.variables)
            _fill(table, chain(first, records), len(names), max_samples, is_whole)
    return table


def _fill(table: Table, records: Iterator[list[str]], width: int, max_samples: int, is_whole: bool) -> None:
    """Add the records. `is_whole`: the last line has a line end; if not, an invalid last row means a truncated file."""
    block = list(islice(records, _BLOCK_ROWS))
    while block:
        following = list(islice(records, _BLOCK_ROWS))
        _bounded(table.rows + len(block), width, max_samples)
        cut = [block.pop()] if not following and not is_whole else []
        _add(table, block, width)
        try:
            _add(table, cut, width)
        except Refused as refusal:
            raise Refused("truncated", f"the file ends in the middle of a row: {refusal}") from refusal
        block = following


def _add(table: Table, block: list[list[str]], width: int) -> None:
    if not set(map(len, block)) <= {width}:
        odd = next(i for i, record in enumerate(block) if len(record) != width)
        raise Refused("unreadable", f"row {table.rows + odd + 1} has {len(block[odd])} values instead of {width}")
    if block:
        table.add(block)


def _are_units(names: list[str], record: list[str]) -> bool:
    """True if the row under the names holds units: `UTC` instead of a time."""
    by_name = dict(zip((name.lower() for name in names), record, strict=True))
    time = by_name.get("time", "").strip()
    return not (time[:4].isdigit() or text_cells.is_number(time))


def _lines(stream: TextIOWrapper) -> Iterator[str]:
    while line := stream.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise Refused("unreadable", f"a line has more than {_LONGEST_LINE} characters: this is not a table")
        yield line


def _records(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """The rows that are not empty, as lists of cells."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=separator == ",")
    try:
        yield from (record for record in reader if record)
    except csv.Error as error:
        code = "truncated" if "unexpected end" in str(error) else "unreadable"
        raise Refused(code, f"line {reader.line_num} is not a row of a table: {error}") from error


def _json(path: Path, max_samples: int) -> Table:
    size = path.stat().st_size
    if size > _MOST_JSON_BYTES:
        raise Refused("too_large", f"a JSON table of {size} bytes is too large to be read as a whole: request .csvp")
    try:
        document = orjson.loads(path.read_bytes().removeprefix(_BOM))
    except orjson.JSONDecodeError as error:
        raise Refused("truncated", f"the JSON document is damaged or ends too early: {error.msg}") from error
    table = document.get("table") if isinstance(document, dict) else None
    names = _listed(table, "columnNames")
    if not names or not all(isinstance(name, str) for name in names):
        raise Refused("not_observations", "this JSON document is not a table with names of columns")
    units = _listed(table, "columnUnits") or [None] * len(names)
    types = _listed(table, "columnTypes") or [None] * len(names)
    rows = _listed(table, "rows")
    if len(units) != len(names) or len(types) != len(names):
        raise Refused("unreadable", "the numbers of units, types and columns differ", "columnUnits")
    wrong = next((i for i, row in enumerate(rows) if not isinstance(row, list) or len(row) != len(names)), None)
    if wrong is not None:
        raise Refused("unreadable", f"row {wrong + 1} does not have {len(names)} values", "rows")
    _bounded(len(rows), len(names), max_samples)
    filled = Table(names, [unit if isinstance(unit, str) else None for unit in units], types)
    for first in range(0, len(rows), _BLOCK_ROWS):
        filled.add(rows[first : first + _BLOCK_ROWS])
    return filled


def _listed(table: Any, key: str) -> list[Any]:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, list) else []


def _bounded(rows: int, width: int, max_samples: int) -> None:
    if rows > max_samples or rows * width > max_samples * CELLS_PER_SAMPLE:
        raise Refused("too_large", f"more than {max_samples} rows of {CELLS_PER_SAMPLE} values exceed the limit")
