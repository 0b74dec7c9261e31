"""Pages of lists, and cursors: where the next page begins, as an opaque text that is validated on its return."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson

from app.errors import Invalid

# `encode` makes none that is longer; decoding a longer text would be wasted time.
_LONGEST = 600
# Larger numbers are not exact in JSON, and integers of MongoDB end soon after.
_LARGEST = 2**53

T = TypeVar("T")
Part = str | float | datetime


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, and the cursor of the next one; None on the last page."""

    items: list[T]
    next: str | None


def page(rows: Sequence[T], limit: int, position: Callable[[T], tuple[Part, ...]]) -> Page[T]:
    """The first `limit` rows of a list, of which one more was read if there is one. position: what a cursor holds."""
    items = list(rows[:limit])
    return Page(items, encode(*position(items[-1])) if len(rows) > limit else None)


def encode(*parts: Part) -> str:
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
        raise Invalid("cursor", "is not a cursor of this portal") from error


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _restore(value: object, kind: type) -> Part:
    if kind is str and isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        raise ValueError
    if kind is float:
        return float(value)
    if kind is str or isinstance(value, float):
        raise ValueError
    return datetime.fromtimestamp(value / 1000, UTC) if kind is datetime else value
