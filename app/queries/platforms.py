"""Platforms as pages and endpoints show them."""

from dataclasses import dataclass

from app.domain.records import Platform
from app.errors import NotFound
from app.queries import cursors
from app.store import platforms


@dataclass(frozen=True, slots=True)
class PlatformPage:
    """A page of platforms by id, and the cursor of the next one (None on the last)."""

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


def named(ids: list[str]) -> dict[str, Platform]:
    """The platforms with these ids, by id."""
    return platforms.named(ids)
