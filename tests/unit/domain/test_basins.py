"""The basin that contains a position, and the shares of basins in a track."""

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from app.domain.basins import BasinMap
from app.domain.records import Basin, BasinShare
from app.ingest.formats import basin_polygons


def square(name: str, west: float, south: float, side: float) -> Basin:
    """A square basin with sides of `side` degrees."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return Basin(name, name.title(), (west, south, east, north), {"type": "Polygon", "coordinates": [ring]})


def test_the_smallest_polygon_wins_and_the_largest_share_comes_first() -> None:
    basin_map = BasinMap([square("ocean", 0, 0, 10), square("bay", 1, 1, 2)])

    shares = basin_map.shares(np.array([2.0, 5.0, 6.0, 50.0]), np.array([2.0, 5.0, 5.0, 5.0]))

    assert shares == (BasinShare("ocean", "Ocean", 0.5), BasinShare("bay", "Bay", 0.25))


def test_a_position_on_a_shared_boundary_counts_once() -> None:
    basin_map = BasinMap([square("west", 0, 0, 1), square("east", 1, 0, 1)])

    shares = basin_map.shares(np.array([1.0]), np.array([0.5]))

    assert sum(share.share for share in shares) == 1


def test_outer_rings_run_counterclockwise_and_holes_clockwise() -> None:
    polygons = [
        polygon
        for basin in basin_polygons.known(None)
        for geometry in (basin.geometry, basin.outline)
        for polygon in shapely.get_parts(shape(geometry))
    ]

    assert [polygon.bounds for polygon in polygons if not polygon.exterior.is_ccw] == []
    assert [hole.bounds for polygon in polygons for hole in polygon.interiors if hole.is_ccw] == []


@pytest.mark.parametrize(
    ("lon", "lat", "name"),
    [
        (16.0, 55.25, "Bornholm Basin"),  # station BY5
        (20.05, 57.33, "Eastern Gotland Basin"),  # station BY15
        (-123.5, 48.65, "Salish Sea"),
        (-55.4, 58.3, "Labrador Sea"),
        (-130.6, 48.9, "North Pacific Ocean"),
        (-66.0, 18.6, "North Atlantic Ocean"),
    ],
)
def test_known_positions_are_in_their_basins(lon: float, lat: float, name: str) -> None:
    shares = BasinMap(basin_polygons.known(None)).shares(np.array([lon]), np.array([lat]))

    assert [share.name for share in shares if share.own] == [name]
