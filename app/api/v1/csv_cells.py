"""Columns of samples as texts, with few steps of Python for each value: an export has millions of them."""

from array import array
from collections.abc import Iterable
from functools import lru_cache
from math import isfinite
from typing import Any

import orjson

from app.api.v1.schemas import iso_ms
from app.domain.times import from_ms

_MINUTE_MS = 60_000
# The second and the millisecond of a time, with the punctuation that follows them.
_SECONDS = [f"{second:02d}." for second in range(60)]
_MILLISECONDS = [f"{millisecond:03d}Z" for millisecond in range(1000)]
# Minutes whose text is cached: a dive has some dozens, and four exports run at once.
_MINUTES = 512


def numbers(values: "array[Any]") -> list[str]:
    """Numbers with the digits that restore the stored values exactly; empty texts for NaN and infinities."""
    if values.typecode == "f":
        return _single_precision(values)
    # orjson writes the digits of `repr`, a list in a tenth of the time; NaN and infinities as null. Only exponents
    # differ, and numbers below 0.0001, which `repr` writes with an exponent.
    text = orjson.dumps(values.tolist())[1:-1].decode().replace("null", "")
    cells = text.split(",") if values else []
    if "e" in text or "0.0000" in text:
        return [
            repr(value) if "e" in cell or "0.0000" in cell else cell for value, cell in zip(values, cells, strict=True)
        ]
    return cells


def times(times_ms: Iterable[int], lead: str = "", trail: str = "") -> list[str]:
    """Times in ISO 8601 with milliseconds, between `lead` and `trail`; a time beyond the calendar is empty."""
    return [
        f"{lead}{minute}{_SECONDS[time_ms % _MINUTE_MS // 1000]}{_MILLISECONDS[time_ms % 1000]}{trail}"
        if (minute := _minute(time_ms // _MINUTE_MS))
        else f"{lead}{trail}"
        for time_ms in times_ms
    ]


@lru_cache(_MINUTES)
def _minute(number: int) -> str:
    """The beginning of the times of a minute, counted from 1970; empty if it is beyond the calendar."""
    try:
        return iso_ms(from_ms(number * _MINUTE_MS)).removesuffix("00.000Z")
    except OverflowError:  # A faulty clock: the sample stays, but its time is beyond every calendar.
        return ""


def _single_precision(values: "array[float]") -> list[str]:
    """Values with seven digits if these restore the same 32 bits, else nine; empty texts for NaN and infinities."""
    # One call formats all values, and one parses them again.
    text = ("%.7g," * len(values) % tuple(values))[:-1]
    cells = text.split(",") if values else []
    restored = array("f", orjson.loads(f"[{text.replace('nan', '0').replace('inf', '0')}]"))
    if restored == values:
        return cells
    return [
        cell if value == back else f"{value:.9g}" if isfinite(value) else ""
        for value, cell, back in zip(values, cells, restored, strict=True)
    ]
