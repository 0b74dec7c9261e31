"""The sea areas (basins) that missions are assigned to: those of Halocline, or an operator's own."""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.polygon import orient

from app.domain import basin_tree
from app.domain.basin_tree import Basin, Bbox, Node, Tree
from app.domain.geodesy import bbox_union
from app.errors import Invalid

# The tolerance of an outline for overviews: a share of the area's width, limited to an invisible number of degrees.
_OUTLINE_SHARE = 0.01
_OUTLINE_DEG = 0.3


def known(directory: Path | None) -> list[Basin]:
    """The areas of `*.geojson` in the directory; without one, the built-in ones. Raises Invalid with file and feature.

    Features of one id (or, without ids, of one name) are one area. `part_of` is the id of the area that contains it,
    which becomes the union of its own polygons and of its parts. The ids that the names of the features would give, and
    that no area has, are aliases of the area.
    """
    features: dict[str, list[dict[str, Any]]] = {}
    for origin, text in _texts(directory):
        try:
            collection = json.loads(text)["features"]
            for feature in collection:
                name = str(feature["properties"]["name"]).strip()
                basin_id = str(feature["properties"].get("basin_id") or slug(name))
                features.setdefault(basin_id, []).append({**feature, "name": name})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Invalid("HALOCLINE_BASINS_DIR", f"{origin}: not a GeoJSON of named areas: {error!r}") from error
    nodes = [Node(basin_id, of_id[0]["name"], _part_of(of_id)) for basin_id, of_id in features.items()]
    try:
        tree = basin_tree.tree(nodes)
    except Invalid as error:
        raise Invalid("HALOCLINE_BASINS_DIR", error.problem) from error
    own_areas = {basin_id: _area(basin_id, of_id) for basin_id, of_id in features.items()}
    contents = _contents(tree)
    return [
        _basin(
            tree[basin_id],
            [feature for each in contents[basin_id] for feature in features[each]],
            _union([own_areas[each] for each in contents[basin_id]]),
            {feature["name"] for feature in of_id},
            _aliases(of_id) - features.keys(),
        )
        for basin_id, of_id in sorted(features.items())
    ]


def slug(name: str) -> str:
    """The name as part of a URL: `Åland Sea` gives `aland-sea`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "unnamed"


def _aliases(features: Sequence[dict[str, Any]]) -> set[str]:
    """The ids that the features would have without `basin_id`, as in earlier files: `kattegat`."""
    return {slug(feature["name"]) for feature in features}


def _texts(directory: Path | None) -> Iterator[tuple[str, str]]:
    if directory is None:
        for entry in sorted(files("app.domain").joinpath("data").iterdir(), key=lambda entry: entry.name):
            if entry.name.endswith(".geojson"):
                yield entry.name, entry.read_text(encoding="utf-8")
        return
    paths = sorted(directory.glob("*.geojson")) if directory.is_dir() else []
    if not paths:
        raise Invalid("HALOCLINE_BASINS_DIR", f"there is no *.geojson in {directory}")
    for path in paths:
        yield path.name, path.read_text(encoding="utf-8")


def _part_of(features: Sequence[dict[str, Any]]) -> str | None:
    return next((str(each["properties"]["part_of"]) for each in features if each["properties"].get("part_of")), None)


def _area(basin_id: str, features: Sequence[dict[str, Any]]) -> Any:
    """The own polygons of an area. Raises Invalid."""
    try:
        shapes = [shapely.make_valid(shape(feature["geometry"])) for feature in features]
        pieces = [p for s in shapes for p in shapely.get_parts(s) if p.geom_type in ("Polygon", "MultiPolygon")]
        area = shapely.union_all(np.array(pieces, dtype=object))
    except (shapely.errors.ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid("HALOCLINE_BASINS_DIR", f"area {basin_id}: its polygon is invalid: {error}") from error
    if area.is_empty:
        raise Invalid("HALOCLINE_BASINS_DIR", f"area {basin_id} has no polygon")
    return area


def _contents(tree: Tree) -> dict[str, list[str]]:
    """The ids of each basin and of all basins in it, its own first."""
    contents = {basin_id: [basin_id] for basin_id in tree}
    for basin_id in sorted(tree):
        for node in basin_tree.containing(basin_id, tree):
            contents[node.id].append(basin_id)
    return contents


def _union(areas: Sequence[Any]) -> Any:
    """One area of several. Sources draw a sea and its gulfs beside each other: alone, the sea lacks their water."""
    return areas[0] if len(areas) == 1 else shapely.union_all(np.array(areas, dtype=object))


def _basin(node: Node, features: Sequence[dict[str, Any]], area: Any, names: set[str], aliases: set[str]) -> Basin:
    """The basin of an area that consists of these features: its own, and those of the basins in it."""
    box = bbox_union([(w, s, e, n) for w, s, e, n in (polygon.bounds for polygon in shapely.get_parts(area))])
    if box is None:
        raise Invalid("HALOCLINE_BASINS_DIR", f"area {node.id} has no polygon")
    sources = dict.fromkeys(str(source) for each in features if (source := each["properties"].get("source")))
    return Basin(
        id=node.id,
        name=node.name,
        bbox=box,
        geometry=json.loads(json.dumps(mapping(_wound(area)))),
        source="; ".join(sources) or None,
        outline=_outline(area, box),
        part_of=node.part_of,
        aliases=tuple(sorted(aliases)),
        other_names=tuple(sorted(names - {node.name})),
    )


def _outline(area: Any, box: Bbox) -> dict[str, Any]:
    """The area with the few points that an overview map needs: off by a pixel or two, without islets."""
    west, south, east, north = box
    wide_deg = max(east - west if east >= west else east - west + 360.0, north - south)
    off_deg = min(_OUTLINE_SHARE * wide_deg, _OUTLINE_DEG)
    pieces = [polygon for polygon in shapely.get_parts(area) if polygon.area > (2 * off_deg) ** 2]
    outlines = [
        shapely.Polygon(piece.exterior, [hole for hole in piece.interiors if shapely.Polygon(hole).area > off_deg**2])
        for piece in pieces
    ]
    whole = shapely.MultiPolygon(outlines) if outlines else area
    # A narrow strait has no area left at the usual tolerance.
    candidates = (shapely.transform(whole.simplify(off), lambda xy: xy.round(2)) for off in (off_deg, off_deg / 10))
    simple = next((each for each in candidates if all(part.area > 0 for part in shapely.get_parts(each))), whole)
    outline: dict[str, Any] = json.loads(json.dumps(mapping(_wound(simple))))
    return outline


def _wound(area: Any) -> Any:
    """The area with its outer rings counterclockwise and its holes clockwise. Source: RFC 7946, 3.1.6."""
    pieces = [orient(polygon, 1.0) for polygon in shapely.get_parts(area)]
    return shapely.MultiPolygon(pieces) if area.geom_type == "MultiPolygon" else pieces[0]
