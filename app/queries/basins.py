"""Basins with the totals of the missions in them, and the tree of basins."""

from dataclasses import dataclass

from app.domain import basin_tree
from app.domain.basin_tree import Basin, Node, Tree
from app.domain.totals import Totals
from app.errors import NotFound
from app.queries import cursors
from app.queries.cursors import Page
from app.store import basins, totals


def find(basin: str) -> tuple[Basin, Totals | None]:
    """The basin with this id or former id, and its totals; None instead of totals if no mission has profiles in it.

    Raises NotFound.
    """
    stored = basins.find(basin) or ((current := basins.canonical(basin)) and basins.find(current))
    if not stored:
        raise NotFound(f"There is no basin {basin}.")
    return stored, totals.find(f"basin:{stored.id}")


def page(limit: int = 50, cursor: str | None = None) -> Page[Basin]:
    """A page of basins by id. Raises Invalid("cursor")."""
    (after,) = cursors.decode(cursor, str) if cursor else (None,)
    return cursors.page(basins.page(limit + 1, after=after), limit, lambda basin: (basin.id,))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The basins that contain a basin, the largest first, and its direct parts by name, with counts of missions."""

    above: list[Node]
    parts: list[tuple[Node, int]]


def surroundings(basin: str) -> Surroundings:
    """The neighbours of a basin in the tree."""
    nodes = basins.tree()
    direct = basin_tree.parts(basin, nodes)
    missions = totals.missions_of([f"basin:{node.id}" for node in direct])
    counted = [(node, missions.get(f"basin:{node.id}", 0)) for node in direct]
    return Surroundings(basin_tree.containing(basin, nodes)[::-1], counted)


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


def tree() -> Tree:
    """The place of every basin in the tree, by id."""
    return basins.tree()
