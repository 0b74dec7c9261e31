"""Basins with what lies in them."""

from dataclasses import dataclass

from app.domain.records import Basin, Totals
from app.errors import NotFound
from app.queries import cursors
from app.store import basins, totals


@dataclass(frozen=True, slots=True)
class BasinPage:
    """A page of basins by id, and the cursor of the next one (None on the last)."""

    items: list[Basin]
    next: str | None


def find(basin: str) -> tuple[Basin, Totals | None]:
    """The basin and its totals (None while no mission has been there). Raises NotFound."""
    found = basins.find(basin)
    if found is None:
        raise NotFound(f"There is no basin {basin}.")
    return found, totals.find(f"basin:{basin}")


def page(limit: int = 50, cursor: str | None = None) -> BasinPage:
    """A page of basins. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else (None,)
    found = basins.page(limit + 1, after=after)
    items = found[:limit]
    return BasinPage(items, cursors.encode(items[-1].id) if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class Visited:
    """A page of basins that missions have been in, how many in each by id, and the cursor of the next page."""

    items: list[Basin]
    missions: dict[str, int]
    next: str | None


def visited(limit: int = 50, cursor: str | None = None) -> Visited:
    """A page of the basins with missions, by id. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else ("",)
    sums = {total.scope.partition(":")[2]: total.missions for total in totals.of_kind("basin")}
    ids = sorted(basin for basin in sums if basin > after)
    found = basins.outlined(ids[:limit])
    return Visited(found, sums, cursors.encode(ids[limit - 1]) if len(ids) > limit else None)


def names() -> dict[str, str]:
    """Every basin's name by its id."""
    return basins.names()
