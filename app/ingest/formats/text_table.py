"""A table of text as named columns, with the interface of a NetCDF file's variables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import filterfalse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats import fill_values, text_cells
from app.ingest.formats.cf_time import counted_ms, counts_time
from app.ingest.formats.observations import Ints
from app.ingest.refusals import Refused

# Names of identities: texts, even when they look like a number (a serial of 077).
_TEXTS = frozenset({
    "trajectory", "trajectory_name", "id", "platform", "platform_id", "platform_name", "platform_serial",
    "platform_serial_number", "glider_name", "glider_serial", "wmo_id", "wmo_identifier",
    "wmo_platform_code", "deployment_id", "deployment_name", "mission", "dataset_id", "data_mode", "project",
    "institution",
})  # fmt: skip
# The time of a row, and in NGDAC's tables that of the profile and that of the row.
_MOMENTS = ("time", "precise_time")
_ROWS = ("row",)
# A longer text means a damaged table.
_MAX_TEXT = 4096
# ERDDAP's widest tables have a few hundred.
_MOST_COLUMNS = 1000
_LONGEST_NAME = 200


@dataclass(slots=True)
class Column:
    """A column that grows by blocks of rows: numbers, moments, or texts of which only one is stored.

    The first cell that is not empty decides its type; `texts` holds at most two, enough to distinguish one from many.
    """

    name: str
    unit: str | None
    is_moment: bool = False
    is_text: bool = False
    is_narrow: bool = False
    texts: set[str] = field(default_factory=set)
    blocks: list[NDArray[Any]] = field(default_factory=list)
    seen: bool = False

    def add(self, block: Sequence[Any], first_row: int) -> None:
        """Append the cells of the next rows. Raises Refused when a cell does not fit the type of the column."""
        if self.is_moment:
            self.blocks.append(text_cells.moments_ms(block, self.name, first_row))
            return
        if not self.seen and not self.is_text:
            first = next(filterfalse(text_cells.is_missing, block), None)
            self.seen = first is not None
            self.is_text = isinstance(first, str) and not text_cells.is_number(first)
            if self.is_text:
                self.blocks.clear()
        if self.is_text:
            if len(self.texts) < 2:
                self.texts.update(str(cell)[:_MAX_TEXT] for cell in filterfalse(text_cells.is_missing, block))
            return
        self.blocks.append(text_cells.numbers(block, self.name, first_row))

    def values(self) -> NDArray[Any]:
        """All cells."""
        if len(self.blocks) > 1:
            self.blocks = [np.concatenate(self.blocks)]
        return self.blocks[0]

    @property
    def text(self) -> str | None:
        """The one text of the column, None when it has several or none."""
        return text_cells.repaired(next(iter(self.texts))).strip() if len(self.texts) == 1 else None


@dataclass(frozen=True, slots=True)
class TableVariable:
    """A column as a variable: (n,) along the rows."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    dimensions: tuple[str, ...] = _ROWS


class Table:
    """Columns of equal length. A text that is the same in every row serves as a global attribute."""

    def __init__(
        self,
        names: Sequence[str],
        units: Sequence[str | None],
        types: Sequence[Any] | None = None,
        known: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        if len(names) > _MOST_COLUMNS:
            raise Refused("unreadable", f"{len(names)} columns are more than any table of observations has")
        self.rows = 0
        self._known = known or {}
        self._columns: dict[str, Column] = {}
        for name, unit, kind in zip(names, units, types or [None] * len(names), strict=True):
            key = name.lower()
            if len(name) > _LONGEST_NAME:
                raise Refused("unreadable", f"a column's name has {len(name)} characters", name[:_LONGEST_NAME])
            if key in self._columns:
                raise Refused("unreadable", "two columns have this name", name)
            counted = counts_time(unit)
            self._columns[key] = Column(
                name,
                unit or None,
                is_moment=key in _MOMENTS and not counted,
                is_text=key not in _MOMENTS and (key in _TEXTS or kind == "String"),
                is_narrow=kind == "float",
            )

    def add(self, block: Sequence[Sequence[Any]]) -> None:
        """Append rows of full length. Raises Refused for a cell that does not fit the type of its column."""
        for column, values in zip(self._columns.values(), zip(*block, strict=True), strict=True):
            column.add(values, self.rows + 1)
        self.rows += len(block)

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The columns by lower-case name; call it after the last row."""
        return {
            key: TableVariable(column.name, (self.rows,), np.dtype("U1" if column.is_text else "f8"))
            for key, column in self._columns.items()
        }

    def constants(self) -> Iterator[tuple[str, str]]:
        """(lower-case name, text) of every text column with one value."""
        for key, column in self._columns.items():
            if (text := column.text) is not None:
                yield key, text

    def differing(self, name: str) -> bool:
        """True if the text column exists and holds more than one value."""
        return name in self._columns and len(self._columns[name].texts) > 1

    def attributes(self) -> dict[str, Any]:
        """The texts that are the same in every row."""
        return dict(self.constants())

    def attribute(self, name: str, attribute: str) -> Any:
        """A column's unit, or another attribute from the server's description: the table itself has only units."""
        if attribute == "units" and self._columns[name].unit is not None:
            return self._columns[name].unit
        return self._known.get(name, {}).get(attribute)

    def is_number(self, name: str) -> bool:
        """True if the column holds numbers or moments."""
        return not self._columns[name].is_text

    def text(self, name: str) -> str:
        """The one text of a column."""
        return self._columns[name].text or ""

    def floats(self, name: str, narrow: bool = False) -> NDArray[Any]:
        """The column's numbers, NaN where missing; float64, or with `narrow` float32 where the table declares it."""
        column = self._columns[name]
        values = column.values().astype(np.float32 if narrow and column.is_narrow else np.float64)
        values[~np.isfinite(values)] = np.nan
        return values

    def valid_range(self, name: str) -> tuple[float, float] | None:
        """The range of valid values in the server's description, None if there is none."""
        known = self._known.get(name, {})
        return fill_values.declared_range(known.get, np.dtype(np.float64), 1.0, 0.0)

    def raw(self, name: str) -> NDArray[Any] | None:
        """The column's numbers, NaN where missing; None for a column of texts, which are not kept."""
        return self.floats(name) if self.is_number(name) else None

    def integers(self, name: str) -> Ints:
        """The column's numbers as whole ones, -1 where missing."""
        values: Ints = np.nan_to_num(self.floats(name), nan=-1).astype(np.int64)
        return values

    def times_ms(self, name: str) -> Ints:
        """Moments in ms since 1970 UTC, NO_TIME where missing."""
        column = self._columns[name]
        if column.is_moment:
            moments: Ints = column.values()
            return moments
        return counted_ms(self.floats(name), column.unit or "", "", name)
