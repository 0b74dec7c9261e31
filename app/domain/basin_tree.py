"""Basins, and the tree that they form. Web workers import this module: keep numpy out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Invalid

# West, south, east, north in degrees; west > east when the box crosses 180.
Bbox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class BasinShare:
    """The share (0..1) of a mission's positioned profiles that lie in a basin, and of these, in its sub-basins."""

    id: str
    name: str
    share: float
    nested: float = 0.0

    @property
    def own(self) -> float:
        """The share that lies in the basin and in none of its sub-basins."""
        return self.share - self.nested


@dataclass(frozen=True, slots=True)
class Basin:
    """A named sea area."""

    id: str
    name: str
    bbox: Bbox
    geometry: dict[str, Any]  # GeoJSON Polygon or MultiPolygon
    source: str | None = None
    outline: dict[str, Any] | None = None  # With as few points as an overview needs.
    part_of: str | None = None  # The id of the basin that contains this one.
    # Ids under which a basin was known before it became a part of this one, and its other names.
    aliases: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """The place of a basin in the tree: its name, and the id of the basin that contains it."""

    id: str
    name: str
    part_of: str | None = None


Tree = Mapping[str, Node]


def tree(basins: Iterable[Basin | Node]) -> dict[str, Node]:
    """The tree of these basins, by id. Raises Invalid("part_of") if basins contain each other in a circle."""
    nodes = {basin.id: Node(basin.id, basin.name, basin.part_of) for basin in basins}
    for basin_id in nodes:
        if basin_id in [node.id for node in containing(basin_id, nodes)]:
            raise Invalid("part_of", f"area {basin_id} is part of itself")
    return nodes


def containing(basin_id: str, nodes: Tree) -> list[Node]:
    """The basins that contain this one, the smallest first. A `part_of` that names no basin of the tree is ignored."""
    above: list[Node] = []
    node = nodes.get(basin_id)
    while node is not None and (node := nodes.get(node.part_of or "")) and node not in above:
        above.append(node)
    return above


def parts(basin_id: str, nodes: Tree) -> list[Node]:
    """The direct parts of a basin, by name."""
    return sorted((node for node in nodes.values() if node.part_of == basin_id), key=lambda node: (node.name, node.id))


def in_order(ids: Iterable[str], nodes: Tree) -> list[tuple[str, int]]:
    """(id, depth) of these basins, each followed by its parts; otherwise they keep their order.

    The depth counts only containing basins that are among the ids. Unknown ids have depth 0.
    """
    listed = dict.fromkeys(ids)
    of_parent: defaultdict[str | None, list[str]] = defaultdict(list)
    for basin_id in listed:
        parent = next((node.id for node in containing(basin_id, nodes) if node.id in listed), None)
        of_parent[parent].append(basin_id)

    def below(parent: str | None, depth: int) -> Iterable[tuple[str, int]]:
        for basin_id in of_parent[parent]:
            yield basin_id, depth
            yield from below(basin_id, depth + 1)

    return list(below(None, 0))
