"""Basins with the totals of the missions in them."""

from dataclasses import dataclass

from app.domain.records import Basin
from app.domain.totals import Totals
from app.errors import NotFound
from app.queries import cursors
from app.queries.cursors import Page
from app.store import basins, totals


def find(basin: str) -> tuple[Basin, Totals | None]:
    """The basin and its totals; None instead of totals if no mission has profiles in it. Raises NotFound."""
    stored = basins.find(basin)
    if stored is None:
        raise NotFound(f"There is no basin {basin}.")
    return stored, totals.find(f"basin:{basin}")


def page(limit: int = 50, cursor: str | None = None) -> Page[Basin]:
    """A page of basins by id. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else (None,)
    return cursors.page(basins.page(limit + 1, after=after), limit, lambda basin: (basin.id,))


@dataclass(frozen=True, slots=True)
class VisitedPage:
    """A page of basins with missions, the number of missions in each by id, and the cursor of the next page."""

    items: list[Basin]
    missions: dict[str, int]
    next: str | None


def visited(limit: int = 50, cursor: str | None = None) -> VisitedPage:
    """A page of the basins with missions, by id. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else ("",)
    missions = {total.scope.partition(":")[2]: total.missions for total in totals.of_kind("basin")}
    ids = sorted(basin for basin in missions if basin > after)
    page = cursors.page(ids[: limit + 1], limit, lambda basin: (basin,))
    return VisitedPage(basins.outlined(page.items), missions, page.next)


def names() -> dict[str, str]:
    """The name of every basin by its id."""
    return basins.names()
