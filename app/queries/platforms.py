"""Platforms as pages and endpoints show them."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.records import Platform
from app.errors import NotFound
from app.queries import cursors
from app.store import platforms


@dataclass(frozen=True, slots=True)
class PlatformPage:
    """A page of platforms, and the cursor of the next one (None on the last)."""

    items: list[Platform]
    next: str | None


def find(name: str) -> Platform:
    """The platform with this id or serial, in whatever case. Raises NotFound."""
    found = platforms.find(name)
    if found is None:
        raise NotFound(f"There is no platform {name}.")
    return found


def page(limit: int = 50, cursor: str | None = None) -> PlatformPage:
    """A page of platforms. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else (None,)
    found = platforms.page(limit + 1, after=after)
    items = found[:limit]
    return PlatformPage(items, cursors.encode(items[-1].platform) if len(found) > limit else None)


def heard(limit: int = 50, cursor: str | None = None) -> PlatformPage:
    """A page of platforms, last heard first. Raises Invalid("cursor")."""
    seen_at, last_id = cursors.decode(cursor, datetime, str) if cursor else (None, None)
    after = (seen_at, last_id) if seen_at is not None and last_id is not None else None
    found = platforms.heard(limit + 1, after=after)
    items = found[:limit]
    more = cursors.encode(items[-1].last_seen_at, items[-1].platform) if len(found) > limit else None
    return PlatformPage(items, more)


def named(ids: list[str]) -> dict[str, Platform]:
    """The platforms with these ids, by id."""
    return platforms.named(ids)
