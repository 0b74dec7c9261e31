"""The table of missions with its filters, as on the list of missions and on the map."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain import basin_tree
from app.domain.basin_tree import Tree
from app.domain.records import Mission
from app.queries import basins, exports, missions, platforms
from app.views import filters, paging

# The same number as in choices.html: a filter with more values has a text field, so their names are not needed.
MOST_LISTED = 300


def context(choice: filters.Choice, limit: int) -> dict[str, Any]:
    """The variables of the templates: a page of `limit` missions, their number, and the values of the filters."""
    selection, after = choice.selection, paging.after()
    with paging.invalid_as_after():
        page = missions.page(selection.filters, limit, after, sort=choice.sort, **selection.span)
    facets, tree = missions.facets(), basins.tree()
    in_tree = _in_tree(facets["basin"], tree)
    return {
        "chosen": choice.given,
        "after": after,
        "missions": page.items,
        "next": page.next,
        "count": missions.count(selection.filters, **selection.span),
        "platforms": platforms.named(_named(page.items, facets, choice.given)),
        "facets": {**facets, "basin": list(in_tree)},
        "basin_names": {node.id: node.name for node in tree.values()},
        "basin_depths": in_tree,
        "most_exported": exports.MOST_MISSIONS,
    }


def _in_tree(ids: Sequence[str], tree: Tree) -> dict[str, int]:
    """The depths of the basins in the tree: by name, each followed by its parts."""
    by_name = sorted(ids, key=lambda basin: (tree[basin].name if basin in tree else basin, basin))
    return dict(basin_tree.in_order(by_name, tree))


def _named(listed: Sequence[Mission], facets: Mapping[str, Sequence[Any]], chosen: Mapping[str, str]) -> list[str]:
    """The platforms that are shown by name: those of the rows and of the filter."""
    options = facets["platform"] if len(facets["platform"]) <= MOST_LISTED else ()
    selected = (chosen["platform"],) if "platform" in chosen else ()
    return sorted({mission.platform for mission in listed} | {*options, *selected})
