"""The size that a classic NetCDF file declares: beyond the end of a truncated file the library returns zeros silently.

Source: NetCDF classic format specification, https://docs.unidata.ucar.edu/nug/current/file_format_specifications.html
"""

from pathlib import Path
from typing import BinaryIO

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
# A header with more entries than this is damaged.
_MOST_ENTRIES = 1_000_000
_STREAMING = 0xFFFFFFFF


def least_size(path: Path) -> int | None:
    """The bytes that the header of the file requires; None when it does not declare them or is damaged."""
    with path.open("rb") as stream:
        try:
            return _Header(stream).least_size()
        except (EOFError, KeyError, OverflowError):
            # The library itself refuses such a header.
            return None


class _Header:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._version = stream.read(4)[3]
        # Counts have eight bytes in version 5; offsets have eight bytes in versions 2 and 5.
        self._count_bytes = 8 if self._version == 5 else 4
        self._offset_bytes = 4 if self._version == 1 else 8

    def least_size(self) -> int | None:
        records = self._number(self._count_bytes)
        lengths = [self._named_length() for _ in range(self._entries())]
        self._skip_attributes()
        ends, begins, padded, exact = [0], [], [], []
        for _ in range(self._entries()):
            shape, size, begin = self._variable(lengths)
            if shape and shape[0] == 0:
                begins.append(begin)
                exact.append(_product(shape[1:]) * size)
                padded.append((exact[-1] + 3) // 4 * 4)
            else:
                ends.append(begin + _product(shape) * size)
        if records == _STREAMING or records < 0:
            return None
        if records:
            # A single record variable is not padded.
            step = sum(padded) if len(padded) > 1 else sum(exact)
            ends += [begin + (records - 1) * step + last for begin, last in zip(begins, exact, strict=True)]
        return max(ends)

    def _variable(self, lengths: list[int]) -> tuple[list[int], int, int]:
        self._skip_text()
        shape = [lengths[self._number(self._count_bytes) % max(len(lengths), 1)] for _ in range(self._bounded())]
        self._skip_attributes()
        size = _SIZES[self._number(4)]
        self._number(self._count_bytes)
        return shape, size, self._number(self._offset_bytes)

    def _named_length(self) -> int:
        self._skip_text()
        return self._number(self._count_bytes)

    def _skip_attributes(self) -> None:
        for _ in range(self._entries()):
            self._skip_text()
            size = _SIZES[self._number(4)]
            self._skip(self._bounded() * size)

    def _entries(self) -> int:
        self._number(4)
        return self._bounded()

    def _bounded(self) -> int:
        count = self._number(self._count_bytes)
        if count > _MOST_ENTRIES:
            raise OverflowError(count)
        return count

    def _skip_text(self) -> None:
        self._skip(self._bounded())

    def _skip(self, count: int) -> None:
        padded = (count + 3) // 4 * 4
        if len(self._stream.read(padded)) < padded:
            raise EOFError

    def _number(self, size: int) -> int:
        data = self._stream.read(size)
        if len(data) < size:
            raise EOFError
        return int.from_bytes(data, "big")


def _product(lengths: list[int]) -> int:
    product = 1
    for length in lengths:
        product *= length
    return product
