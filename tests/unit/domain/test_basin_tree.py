"""The tree of basins: containing basins, parts, their order, and the shares of a mission in them."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from app.domain import basin_tree
from app.domain.basin_tree import Basin, BasinShare, Bbox
from app.domain.basins import BasinMap
from app.errors import Invalid
from app.ingest.formats import basin_polygons

# Natural Earth and the hand-drawn sub-basins meet with gaps of this size.
GAP_DEG = 0.6


def square(name: str, west: float, side: float, part_of: str | None = None) -> Basin:
    """A square basin at the equator with sides of `side` degrees."""
    ring = [[west, 0], [west + side, 0], [west + side, side], [west, side], [west, 0]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    return Basin(name, name.title(), (west, 0, west + side, side), polygon, part_of=part_of)


@pytest.fixture
def sea() -> list[Basin]:
    """A sea beside a gulf that has a bay, and a lagoon; the sea does not cover its parts."""
    return [
        square("sea", 0, 10),
        square("gulf", 20, 10, "sea"),
        square("bay", 40, 1, "gulf"),
        square("lagoon", 50, 1, "sea"),
        square("lake", 60, 1, "unknown"),
    ]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Basin]:
    return {basin.id: basin for basin in basin_polygons.known(None)}


def test_a_basin_includes_the_positions_in_its_parts_once(sea: list[Basin]) -> None:
    lon = np.array([40.5, 40.5, 25.0, 25.0, 5.0, 99.0, 99.0, 99.0])

    shares = BasinMap(sea).shares(lon, np.full(lon.size, 0.5))

    assert shares == (
        BasinShare("gulf", "Gulf", 0.5, 0.25),
        BasinShare("bay", "Bay", 0.25),
        BasinShare("sea", "Sea", 0.625, 0.5),
    )
    assert [share.own for share in shares] == [0.25, 0.25, 0.125]


def test_containing_basins_follow_the_smallest_ones_the_smallest_first(sea: list[Basin]) -> None:
    shares = BasinMap(sea).shares(np.array([40.5]), np.array([0.5]))
    assert [(share.id, share.own, share.share) for share in shares] == [("bay", 1, 1), ("gulf", 0, 1), ("sea", 0, 1)]


def test_parts_follow_their_basin(sea: list[Basin]) -> None:
    tree = basin_tree.tree(sea)
    assert basin_tree.in_order(["bay", "lake", "sea", "gulf"], tree) == [
        ("lake", 0),
        ("sea", 0),
        ("gulf", 1),
        ("bay", 2),
    ]
    assert basin_tree.in_order(["bay", "sea", "other"], tree) == [("sea", 0), ("bay", 1), ("other", 0)]
    assert [node.id for node in basin_tree.parts("sea", tree)] == ["gulf", "lagoon"]


def test_an_unknown_containing_basin_is_ignored(sea: list[Basin]) -> None:
    assert basin_tree.containing("lake", basin_tree.tree(sea)) == []


@pytest.mark.parametrize("part_of", ["sea", "gulf", "bay"])
def test_a_circle_of_basins_is_refused(sea: list[Basin], part_of: str) -> None:
    with pytest.raises(Invalid, match="is part of itself"):
        basin_tree.tree([square("sea", 0, 10, part_of), *sea[1:]])


@pytest.mark.parametrize(
    ("basin", "above"),
    [
        ("SEA-007", ["Baltic Sea"]),
        ("SEA-001", ["Baltic Sea"]),
        ("SEA-015", ["Gulf of Bothnia", "Baltic Sea"]),
        ("SEA-018", []),
        ("sea-of-crete", ["Aegean Sea", "Mediterranean Sea"]),
        ("north-atlantic-ocean", []),
    ],
)
def test_the_shipped_basins_follow_helcom_and_the_iho(shipped: dict[str, Basin], basin: str, above: list[str]) -> None:
    nodes = basin_tree.tree(shipped.values())
    assert [node.name for node in basin_tree.containing(basin, nodes)] == above


def test_every_part_names_a_shipped_basin(shipped: dict[str, Basin]) -> None:
    assert {basin.part_of for basin in shipped.values() if basin.part_of} <= shipped.keys()


def test_every_basin_contains_its_parts(shipped: dict[str, Basin]) -> None:
    areas = {basin.id: shape(basin.geometry) for basin in shipped.values()}
    parts = [basin for basin in shipped.values() if basin.part_of]
    outside = {
        basin.id: shapely.difference(areas[basin.id], areas[str(basin.part_of)]).area / areas[basin.id].area
        for basin in parts
    }
    assert len(parts) > 80
    assert {basin: share for basin, share in outside.items() if share > 1e-9} == {}
    assert [
        basin.id
        for basin in parts
        if not areas[str(basin.part_of)].covers(areas[basin.id].representative_point())
        or not _contains(shipped[str(basin.part_of)].bbox, basin.bbox)
    ] == []


def _contains(outer: Bbox, inner: Bbox) -> bool:
    """True if the second box lies in the first one; west > east if a box crosses 180 degrees."""
    east = outer[2] + 360 * (outer[0] > outer[2])
    turn = 360 * (inner[0] < outer[0])
    inner_east = inner[2] + 360 * (inner[0] > inner[2])
    return outer[1] <= inner[1] and inner[3] <= outer[3] and inner[0] + turn >= outer[0] and inner_east + turn <= east


@pytest.mark.parametrize(
    ("station", "lon", "lat"),
    [
        ("F9 Bothnian Bay", 22.07, 64.71),
        ("SR5 Bothnian Sea", 19.58, 61.08),
        ("F64 Åland Sea", 19.14, 60.19),
        ("LL7 Gulf of Finland", 24.84, 59.85),
        ("G1 Gulf of Riga", 23.62, 57.62),
        ("BY15 Eastern Gotland", 20.05, 57.33),
    ],
)
def test_the_baltic_sea_contains_its_gulfs(shipped: dict[str, Basin], station: str, lon: float, lat: float) -> None:
    basin = shipped["baltic-sea"]
    for drawn in (basin.geometry, basin.outline):
        assert shape(drawn).covers(shapely.Point(lon, lat)), station
    assert basin.source == shipped["SEA-007"].source


def test_of_equal_polygons_the_part_wins() -> None:
    # The id of the part comes after that of the sea, which decides other ties.
    basins = [square("a-sea", 0, 1), square("bay", 0, 1, "a-sea")]
    shares = BasinMap(basins).shares(np.array([0.5]), np.array([0.5]))
    assert [(share.id, share.own) for share in shares] == [("bay", 1), ("a-sea", 0)]


def test_every_part_lies_beside_its_basin_or_beside_another_part_of_it(
    shipped: dict[str, Basin], tmp_path: Path
) -> None:
    for entry in files("app.domain").joinpath("data").iterdir():
        if entry.name.endswith(".geojson"):
            # Without the tree, each basin is what its own polygons draw.
            (tmp_path / entry.name).write_text(entry.read_text("utf-8").replace('"part_of"', '"other"'), "utf-8")
    outlines = {basin.id: shape(basin.outline) for basin in basin_polygons.known(tmp_path)}
    family = {
        basin.id: [
            other.id for other in shipped.values() if basin.part_of in (other.id, other.part_of) and other != basin
        ]
        for basin in shipped.values()
        if basin.part_of
    }
    distances = {
        basin: min(shapely.distance(outlines[basin], outlines[other]) for other in others)
        for basin, others in family.items()
    }
    assert {basin: distance for basin, distance in distances.items() if distance > GAP_DEG} == {}


def test_no_two_shipped_basins_share_a_name(shipped: dict[str, Basin]) -> None:
    names = [basin.name for basin in shipped.values()]
    assert sorted(names) == sorted(set(names))
