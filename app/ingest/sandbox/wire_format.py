"""Observations as bytes between the reader process and the import: JSON for what they say, raw arrays for the rest.

No pickle: whoever takes over the reader through a damaged file must not get to run code in the import (ADR 0007).
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Variable
from app.ingest.refusals import CODES, Refused
from app.ingest.sources.observations import Column, Observations

# What a file says of itself as a whole; beyond this it is no description any more.
_MOST_SAID_BYTES = 64 << 20
_LENGTH_BYTES = 8
_ARRAYS = ("time_ms", "lon_deg", "lat_deg", "depth_m", "number", "weight")
_WHOLE = frozenset({"time_ms", "weight"})
_NUMBERS = frozenset({"<f4", "<f8"})

# Gives the next so many bytes. Raises EOFError or TimeoutError.
Take = Callable[[memoryview], None]


class BadFrame(Exception):
    """What came is no answer of our reader."""


class OutOfMemory(Refused):
    """A refusal by a reader that ran out of memory, and should not read on."""


def refusal(refused: Refused) -> Iterator[memoryview]:
    """The bytes of a refusal."""
    is_worn = isinstance(refused, OutOfMemory) or isinstance(refused.__cause__, MemoryError)
    return _headed({"refused": [refused.code, refused.cause, refused.variable], "worn": is_worn})


def observations(found: Observations) -> Iterator[memoryview]:
    """The bytes of observations, array by array. Raises Refused when they say too much of themselves."""
    arrays = [getattr(found, name) for name in _ARRAYS] + [column.values for column in found.columns]
    plain = [np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")) for array in arrays]
    yield from _headed(
        {
            "format": found.format,
            "scope": found.scope,
            "attributes": found.attributes,
            "texts": found.texts,
            "names": found.names,
            "kind": found.kind,
            "warnings": dict(found.warnings),
            "columns": [{"about": asdict(c.about), "good": c.good, "checked": c.checked} for c in found.columns],
            "rows": int(found.time_ms.size),
            "dtypes": [array.dtype.str for array in plain],
        }
    )
    # A view of nothing cannot be cast.
    yield from (array.data.cast("B") for array in plain if array.size)


def answer(take: Take, most_rows: int, most_cells: int) -> Observations:
    """What the reader found. Raises Refused as it did, BadFrame for what is no answer, and whatever `take` raises."""
    length = bytearray(_LENGTH_BYTES)
    take(memoryview(length))
    said_bytes = int.from_bytes(length, "big")
    if said_bytes > _MOST_SAID_BYTES:
        raise BadFrame(f"{said_bytes} bytes of description")
    said = bytearray(said_bytes)
    take(memoryview(said))
    try:
        return _answer(json.loads(said), take, most_rows, most_cells)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BadFrame(type(error).__name__) from error


def _answer(said: dict[str, Any], take: Take, most_rows: int, most_cells: int) -> Observations:
    if "refused" in said:
        code, cause, variable = said["refused"]
        raise (OutOfMemory if said["worn"] else Refused)(code if code in CODES else "unreadable", str(cause), variable)
    rows, columns, dtypes = said["rows"], said["columns"], said["dtypes"]
    if not 0 <= rows <= most_rows or rows * len(columns) > most_cells or len(dtypes) != len(_ARRAYS) + len(columns):
        raise BadFrame(f"{rows} rows, {len(columns)} columns")
    arrays = {name: _array(take, rows, d, name in _WHOLE) for name, d in zip(_ARRAYS, dtypes, strict=False)}
    values = [_array(take, rows, dtype, False) for dtype in dtypes[len(_ARRAYS) :]]
    return Observations(
        format=said["format"],
        scope=said["scope"],
        attributes=said["attributes"],
        texts=said["texts"],
        names=said["names"],
        kind=said["kind"],
        warnings=said["warnings"],
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


def _headed(said: dict[str, Any]) -> Iterator[memoryview]:
    # Not orjson: attributes may be NaN, or hold half a surrogate pair.
    text = json.dumps(said).encode()
    if len(text) > _MOST_SAID_BYTES:
        raise Refused("too_large", f"what it says of itself takes {len(text)} bytes")
    yield memoryview(len(text).to_bytes(_LENGTH_BYTES, "big"))
    yield memoryview(text)
