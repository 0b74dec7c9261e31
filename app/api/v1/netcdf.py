"""NetCDF files in the classic format, written while they are sent: a header, then rows of fixed size.

No library is used, so that web workers stay small; docs/adr/0008 gives the reasons. Only the features that exports
need: fixed variables behind the header, and one unlimited dimension whose rows are sent as they are read.
Source: https://docs.unidata.ucar.edu/netcdf-c/current/file_format_specifications.html (CDF-2, 64-bit offset).
"""

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Literal

Type = Literal["char", "byte", "int", "float", "double"]
Value = str | int | float | tuple[int, ...]

_CODES: dict[str, int] = {"byte": 1, "char": 2, "int": 4, "float": 5, "double": 6}
_FORMATS: dict[str, str] = {"byte": "b", "int": "i", "float": "f", "double": "d"}
# In a row, which has a multiple of four bytes for each variable: a byte is followed by three of padding.
_SIZES: dict[str, int] = {"char": 1, "byte": 4, "int": 4, "float": 4, "double": 8}
_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12
# The header counts rows with 31 bits.
MOST_ROWS = 2**31 - 1
# Rows are sent in slices of this size, small in the memory of a worker.
_SLICE_BYTES = 256 << 10
# Values along the rows have four or eight bytes with their padding, so rows are copied in words of four.
_WORD_BYTES = 4


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable. One along the rows has no `values` here, and `fill` in rows without a value.

    A fixed one has `values` along `dimensions`, in the bytes of the file.
    """

    name: str
    type: Type
    attributes: Mapping[str, Value]
    dimensions: tuple[str, ...] = ()
    values: bytes | None = None
    fill: float = 0

    @property
    def grows(self) -> bool:
        return self.values is None


@dataclass(frozen=True)
class Layout:
    """A file without its rows. `dimensions` are the fixed ones; `rows` is the unlimited one."""

    rows: str
    dimensions: Mapping[str, int]
    attributes: Mapping[str, Value]
    variables: Sequence[Variable]

    @cached_property
    def growing(self) -> list[Variable]:
        """The variables along the rows, in the order of their values in a row."""
        return [variable for variable in self.variables if variable.grows]

    @property
    def row_bytes(self) -> int:
        """The size of a row in bytes."""
        return sum(_SIZES[variable.type] for variable in self.growing)

    @cached_property
    def _blank(self) -> bytes:
        """The bytes of a row without values."""
        return b"".join(_padded(struct.pack(f">{_FORMATS[each.type]}", each.fill)) for each in self.growing)

    @cached_property
    def _offsets(self) -> dict[str, int]:
        """The offset of each variable's value in a row, bytes."""
        offsets = accumulate((_SIZES[variable.type] for variable in self.growing), initial=0)
        return {variable.name: offset for variable, offset in zip(self.growing, offsets, strict=False)}

    def header(self, rows: int) -> bytes:
        """The bytes before the first row. Raises OverflowError for more rows than the format supports."""
        if rows > MOST_ROWS:
            raise OverflowError(f"{rows} rows are more than a file can have")
        size = len(self._header(rows, 0))
        fixed = b"".join(_padded(variable.values) for variable in self.variables if variable.values is not None)
        return self._header(rows, size) + fixed

    def _header(self, rows: int, size: int) -> bytes:
        numbers = {name: number for number, name in enumerate((self.rows, *self.dimensions))}
        begin = size
        begins: dict[str, int] = {}
        for variable in self.variables:
            if variable.values is not None:
                begins[variable.name] = begin
                begin += len(_padded(variable.values))
        begins |= {name: begin + offset for name, offset in self._offsets.items()}
        dimensions = [_name(name) + _int(length) for name, length in ((self.rows, 0), *self.dimensions.items())]
        variables = [
            _name(variable.name)
            + _dimensions([numbers[name] for name in ((self.rows,) if variable.grows else variable.dimensions)])
            + _attributes(variable.attributes, variable.type)
            + _int(_CODES[variable.type])
            + _int(_SIZES[variable.type] if variable.grows else len(_padded(variable.values or b"")))
            + struct.pack(">q", begins[variable.name])
            for variable in self.variables
        ]
        return b"".join(
            (
                b"CDF\x02",
                _int(rows),
                _list(_DIMENSION, dimensions),
                _attributes(self.attributes, "double"),
                _list(_VARIABLE, variables),
            )
        )

    def chunks(self, count: int, columns: Mapping[str, "array[Any]"]) -> Iterator[bytes]:
        """The bytes of `count` rows with these columns by variable; a variable without a column has its fill value.

        Raises ValueError for a column whose length or type differs from the header.
        """
        placed: list[tuple[int, int, memoryview]] = []
        for variable in self.growing:
            if (column := columns.get(variable.name)) is None:
                continue
            if len(column) != count or column.typecode != _FORMATS[variable.type]:
                raise ValueError(f"{len(column)} values of {column.typecode!r} for {variable.name}")
            words = memoryview(_stored(column)).cast("B").cast("I")
            size = _SIZES[variable.type] // _WORD_BYTES
            placed += [(self._offsets[variable.name] // _WORD_BYTES + word, size, words[word:]) for word in range(size)]
        blank, row_words = self._blank, len(self._blank) // _WORD_BYTES
        step = max(_SLICE_BYTES // len(blank), 1)
        for first in range(0, count, step):
            last = min(first + step, count)
            rows = bytearray(blank * (last - first))
            # One word of a variable for all rows at once: a strided slice is much faster than a loop over rows.
            target = memoryview(rows).cast("I")
            for offset, size, words in placed:
                target[offset::row_words] = words[first * size : last * size : size]
            yield bytes(rows)


def _stored(column: "array[Any]") -> "array[Any] | bytearray":
    """The values in the byte order of the file; each byte is followed by three of padding."""
    if column.typecode == "b":
        padded = bytearray(4 * len(column))
        padded[::4] = column.tobytes()
        return padded
    if sys.byteorder == "little":
        column = column[:]
        column.byteswap()
    return column


def text(value: str) -> bytes:
    """A text for attributes and character variables: UTF-8, control characters replaced, as NUL ends a text in C."""
    plain = "".join(char if char >= " " or char in "\n\t" else "\ufffd" for char in value)
    return plain.encode("utf-8", "replace")


def _name(name: str) -> bytes:
    data = name.encode("ascii")
    return _int(len(data)) + _padded(data)


def _dimensions(numbers: Sequence[int]) -> bytes:
    return _int(len(numbers)) + b"".join(map(_int, numbers))


def _attributes(attributes: Mapping[str, Value], number: Type) -> bytes:
    return _list(_ATTRIBUTE, [_name(name) + _attribute(value, number) for name, value in attributes.items()])


def _attribute(value: Value, number: Type) -> bytes:
    """A text as characters, numbers in the type of the variable."""
    if isinstance(value, str):
        data = text(value)
        return _int(_CODES["char"]) + _int(len(data)) + _padded(data)
    kind: Type = number if number != "char" else "double"
    numbers = value if isinstance(value, tuple) else (value,)
    return _int(_CODES[kind]) + _int(len(numbers)) + _padded(struct.pack(f">{len(numbers)}{_FORMATS[kind]}", *numbers))


def _list(tag: int, items: Iterable[bytes]) -> bytes:
    encoded = list(items)
    return _int(tag) + _int(len(encoded)) + b"".join(encoded) if encoded else _int(0) + _int(0)


def _int(value: int) -> bytes:
    return struct.pack(">i", value)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
