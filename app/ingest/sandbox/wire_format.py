"""Observations as bytes between the reader process and the import: a header in JSON, then raw arrays.

No pickle: a damaged file that takes over the reader must not be able to run code in the import (ADR 0007).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.quality_flags import VALUES
from app.domain.records import Variable
from app.ingest.formats.observations import Column, Observations, Trajectory
from app.ingest.refusals import CODES, Refused

# The limit of the header, which holds the attributes of the file.
_MOST_HEADER_BYTES = 64 << 20
_LENGTH_BYTES = 8
_ARRAYS = ("time_ms", "lon_deg", "lat_deg", "depth_m", "number", "weight")
_WHOLE_ARRAYS = ("time_ms", "weight")
# The coordinates that may have quality flags.
_FLAGGED = frozenset({"time", "position", "depth"})
_WHOLE, _NUMBERS, _FLAGS = frozenset({"<i8"}), frozenset({"<f4", "<f8"}), frozenset({"|i1"})

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
    arrays += [*rows.flags.values(), *(column.flags for column in rows.columns if column.flags is not None)]
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
            "columns": [{"about": asdict(c.about), "has_flags": c.flags is not None} for c in rows.columns],
            "flags": list(rows.flags),
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
    # Each at most once: with the columns, whose number has a limit, they bound the number of arrays of flags.
    if not set(header["flags"]) <= _FLAGGED or len(set(header["flags"])) < len(header["flags"]):
        raise BadFrame("flags of no coordinate")
    flagged = [*header["flags"], *(i for i, column in enumerate(columns) if column["has_flags"])]
    if not 0 <= rows <= most_rows or rows * len(columns) > most_cells:
        raise BadFrame(f"{rows} rows, {len(columns)} columns")
    if len(dtypes) != len(_ARRAYS) + len(columns) + len(flagged):
        raise BadFrame(f"{len(dtypes)} arrays")
    types = iter(dtypes)
    arrays = {name: _array(take, rows, next(types), _WHOLE if name in _WHOLE_ARRAYS else _NUMBERS) for name in _ARRAYS}
    values = [_array(take, rows, next(types), _NUMBERS) for _ in columns]
    flags = {key: _flags(take, rows, next(types)) for key in flagged}
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
            Column(Variable(**column["about"]), array, flags.get(i))
            for i, (column, array) in enumerate(zip(columns, values, strict=True))
        ),
        flags={name: flags[name] for name in header["flags"]},
        flag_variables=frozenset(),
        **arrays,
    )


def _flags(take: Take, rows: int, dtype: str) -> NDArray[Any]:
    flags = _array(take, rows, dtype, _FLAGS)
    if flags.size and not (flags.min() >= 0 and flags.max() <= max(VALUES)):
        raise BadFrame("unknown quality flags")
    return flags


def _array(take: Take, rows: int, dtype: str, expected: frozenset[str]) -> NDArray[Any]:
    if dtype not in expected:
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
