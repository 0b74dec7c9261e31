"""Observations as bytes between the reader process and the import: a header in JSON, then raw arrays.

No pickle: a damaged file that takes over the reader must not be able to run code in the import (ADR 0007).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Variable
from app.ingest.formats.observations import Column, Observations, Trajectory
from app.ingest.refusals import CODES, Refused

# The limit of the header, which holds the attributes of the file.
_MOST_HEADER_BYTES = 64 << 20
_LENGTH_BYTES = 8
_ARRAYS = ("time_ms", "lon_deg", "lat_deg", "depth_m", "number", "weight")
_WHOLE = frozenset({"time_ms", "weight"})
_NUMBERS = frozenset({"<f4", "<f8"})

# Fills the view with the next bytes. Raises EOFError or TimeoutError.
Take = Callable[[memoryview], None]


class BadFrame(Exception):
    """The bytes are not a response of the reader."""


class OutOfMemory(Refused):
    """A refusal by a reader that ran out of memory and must be replaced."""


def refusal(refused: Refused) -> Iterator[memoryview]:
    """The bytes of a refusal."""
    is_out_of_memory = isinstance(refused, OutOfMemory) or isinstance(refused.__cause__, MemoryError)
    return _headed({"refused": [refused.code, refused.cause, refused.variable], "out_of_memory": is_out_of_memory})


def observations(rows: Observations) -> Iterator[memoryview]:
    """The bytes of observations, array by array. Raises Refused when their attributes are too large."""
    arrays = [getattr(rows, name) for name in _ARRAYS] + [column.values for column in rows.columns]
    plain = [np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")) for array in arrays]
    yield from _headed(
        {
            "format": rows.format,
            "scope": rows.scope,
            "attributes": rows.attributes,
            "texts": rows.texts,
            "names": rows.names,
            "kind": rows.kind,
            "warnings": dict(rows.warnings),
            "unread": dict(rows.unread),
            "trajectories": [asdict(trajectory) for trajectory in rows.trajectories],
            "columns": [{"about": asdict(c.about), "good": c.good, "checked": c.checked} for c in rows.columns],
            "rows": int(rows.time_ms.size),
            "dtypes": [array.dtype.str for array in plain],
        }
    )
    # An empty view cannot be cast.
    yield from (array.data.cast("B") for array in plain if array.size)


def received(take: Take, most_rows: int, most_cells: int) -> Observations:
    """The observations of the reader. Raises its Refused, BadFrame for invalid bytes, and the errors of `take`."""
    length = bytearray(_LENGTH_BYTES)
    take(memoryview(length))
    header_bytes = int.from_bytes(length, "big")
    if header_bytes > _MOST_HEADER_BYTES:
        raise BadFrame(f"{header_bytes} bytes of header")
    header = bytearray(header_bytes)
    take(memoryview(header))
    try:
        return _decoded(json.loads(header), take, most_rows, most_cells)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadFrame(type(error).__name__) from error


def _decoded(header: dict[str, Any], take: Take, most_rows: int, most_cells: int) -> Observations:
    if "refused" in header:
        code, cause, variable = header["refused"]
        raise (OutOfMemory if header["out_of_memory"] else Refused)(
            code if code in CODES else "unreadable", str(cause), variable
        )
    rows, columns, dtypes = header["rows"], header["columns"], header["dtypes"]
    if not 0 <= rows <= most_rows or rows * len(columns) > most_cells or len(dtypes) != len(_ARRAYS) + len(columns):
        raise BadFrame(f"{rows} rows, {len(columns)} columns")
    arrays = {name: _array(take, rows, d, name in _WHOLE) for name, d in zip(_ARRAYS, dtypes, strict=False)}
    values = [_array(take, rows, dtype, False) for dtype in dtypes[len(_ARRAYS) :]]
    return Observations(
        format=header["format"],
        scope=header["scope"],
        attributes=header["attributes"],
        texts=header["texts"],
        names=header["names"],
        kind=header["kind"],
        warnings=header["warnings"],
        unread=header["unread"],
        trajectories=tuple(Trajectory(**trajectory) for trajectory in header["trajectories"]),
        columns=tuple(
            Column(Variable(**column["about"]), array, column["good"], column["checked"])
            for column, array in zip(columns, values, strict=True)
        ),
        **arrays,
    )


def _array(take: Take, rows: int, dtype: str, is_whole: bool) -> NDArray[Any]:
    if dtype not in (("<i8",) if is_whole else _NUMBERS):
        raise BadFrame(f"an array of {dtype[:8]!r}")
    array = np.empty(rows, dtype=dtype)
    if rows:
        take(array.data.cast("B"))
    return array


def _headed(header: dict[str, Any]) -> Iterator[memoryview]:
    # Not orjson: attributes may be NaN or hold half a surrogate pair.
    text = json.dumps(header).encode()
    if len(text) > _MOST_HEADER_BYTES:
        raise Refused(
            "too_large", f"its attributes have {len(text)} bytes, more than the limit of {_MOST_HEADER_BYTES}"
        )
    yield memoryview(len(text).to_bytes(_LENGTH_BYTES, "big"))
    yield memoryview(text)
