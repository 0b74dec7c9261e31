"""Cursors: where the next page of a list begins, as an opaque word that is checked when it comes back."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

import orjson

from app.errors import Invalid

# Longer ones were not made here; decoding them would only cost time.
_LONGEST = 600
# Beyond it JSON numbers are no longer exact, and MongoDB's integers end soon after.
_LARGEST = 2**53


def encode(*parts: str | float | datetime) -> str:
    """The cursor that holds these values, safe in a URL."""
    plain = [_milliseconds(part) if isinstance(part, datetime) else part for part in parts]
    return base64.urlsafe_b64encode(orjson.dumps(plain)).rstrip(b"=").decode()


def decode(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The values of a cursor made by `encode`, as these kinds (str, int, float, datetime). Raises Invalid("cursor")."""
    try:
        if len(cursor) > _LONGEST:
            raise ValueError
        plain = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        if not isinstance(plain, list) or len(plain) != len(kinds):
            raise ValueError
        return tuple(_restore(value, kind) for value, kind in zip(plain, kinds, strict=True))
    except (ValueError, UnicodeEncodeError, binascii.Error, OverflowError, OSError) as error:
        raise Invalid("cursor", "is not one that this portal gave out") from error


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _restore(value: object, kind: type) -> str | float | datetime:
    if kind is str and isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise ValueError
    if kind is float:
        return float(value)
    if kind is str or isinstance(value, float):
        raise ValueError
    return datetime.fromtimestamp(value / 1000, UTC) if kind is datetime else value
