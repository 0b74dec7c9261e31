"""Lengths and boxes: published geodesics (WGS 84, Karney 2013) and properties of arbitrary tracks."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain import geodesy
from app.domain.longitudes import wrapped as wrap

longitudes = st.floats(-720, 720, allow_nan=False)
latitudes = st.floats(-89, 89, allow_nan=False)


@pytest.mark.parametrize(
    ("points", "length_km"),
    [
        ([(0, 0), (1, 0)], 111.3195),
        ([(0, 0), (0, 1)], 110.5744),
        ([(10, 60), (11, 60)], 55.7995),
        ([(10, 60), (10, 61)], 111.4207),
        ([(179.5, 0), (-179.5, 0)], 111.3195),
        ([(178, -17), (180, -18), (-178, -17)], 479.0002),
    ],
)
def test_the_length_of_a_track_is_the_sum_of_its_geodesics(points: list[tuple[float, float]], length_km: float) -> None:
    lon, lat = np.array(points, dtype=float).T

    assert geodesy.step_lengths_m(lon, lat).sum() / 1000 == pytest.approx(length_km, abs=5e-5)


def test_a_single_position_has_no_length() -> None:
    assert geodesy.step_lengths_m(np.array([10.0]), np.array([60.0])).sum() == 0


def test_the_mean_of_positions_around_the_antimeridian_is_near_it() -> None:
    lon, lat = geodesy.group_means(np.array([179.9, -179.7]), np.array([10.0, 12.0]), np.array([0, 0]), 1)

    assert (lon[0], lat[0]) == pytest.approx((-179.9, 11.0))


def test_a_group_without_positions_has_no_mean() -> None:
    lon, lat = geodesy.group_means(np.array([5.0, 7.0]), np.array([1.0, 1.0]), np.array([2, 2]), 3)

    assert np.isnan(lon[:2]).all()
    assert lon[2] == 6.0
    assert lat[2] == 1.0


@pytest.mark.parametrize(
    ("lon", "expected"),
    [
        ([170.0, -170.0], (170.0, -170.0)),
        ([-10.0, 10.0], (-10.0, 10.0)),
        ([5.0], (5.0, 5.0)),
        ([350.0], (-10.0, -10.0)),
    ],
)
def test_a_box_is_the_smallest_that_contains_the_positions(lon: list[float], expected: tuple[float, float]) -> None:
    box = geodesy.bbox_of(np.array(lon), np.zeros(len(lon)))

    assert box == pytest.approx((expected[0], 0.0, expected[1], 0.0))


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([(1.0, 1.0, 2.0, 2.0), (4.0, 0.0, 5.0, 3.0)], (1.0, 0.0, 5.0, 3.0)),
        ([(178.0, 0.0, 179.0, 1.0), (-179.0, 0.0, -178.0, 1.0)], (178.0, 0.0, -178.0, 1.0)),
        ([(170.0, 0.0, -170.0, 1.0), (-175.0, 0.0, -160.0, 1.0)], (170.0, 0.0, -160.0, 1.0)),
        ([None, (3.0, 0.0, 4.0, 1.0)], (3.0, 0.0, 4.0, 1.0)),
    ],
)
def test_the_union_of_boxes_is_the_smallest_box_that_contains_them(
    boxes: list[tuple[float, float, float, float] | None], expected: tuple[float, float, float, float]
) -> None:
    assert geodesy.bbox_union(boxes) == pytest.approx(expected)


def test_the_union_of_no_boxes_is_none() -> None:
    assert geodesy.bbox_union([None]) is None


@given(st.lists(st.tuples(longitudes, latitudes), min_size=1, max_size=30))
def test_the_union_of_single_positions_is_their_box(points: list[tuple[float, float]]) -> None:
    lon, lat = np.array(points).T
    wrapped = wrap(lon)

    union = geodesy.bbox_union([(float(x), float(y), float(x), float(y)) for x, y in zip(wrapped, lat, strict=True)])
    box = geodesy.bbox_of(lon, lat)

    assert union is not None
    assert box is not None
    assert _width(union) == pytest.approx(_width(box), abs=1e-6)


def _width(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) % 360


@given(longitudes)
def test_a_wrapped_longitude_is_the_same_meridian(lon: float) -> None:
    (wrapped,) = wrap(np.array([lon]))

    assert -180 <= wrapped < 180
    assert np.cos(np.radians(wrapped)) == pytest.approx(np.cos(np.radians(lon)), abs=1e-9)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20), longitudes)
def test_a_mean_does_not_depend_on_the_wrapping_meridian(offsets: list[float], lon: float) -> None:
    offset_deg = np.array(offsets)
    mean, _ = geodesy.group_means(
        wrap(lon + offset_deg), np.zeros(offset_deg.size), np.zeros(offset_deg.size, dtype=np.intp), 1
    )

    assert (mean[0] - lon - offset_deg.mean() + 180) % 360 == pytest.approx(180, abs=1e-6)


def test_a_line_is_cut_at_180_degrees() -> None:
    lines = geodesy.lines_split_at_180([(178.0, -17.0), (-178.0, -19.0), (-177.0, -19.0)])

    assert lines == [[(178.0, -17.0), (180.0, -18.0)], [(-180.0, -18.0), (-178.0, -19.0), (-177.0, -19.0)]]


def test_a_point_at_180_degrees_appears_once_in_each_part() -> None:
    lines = geodesy.lines_split_at_180([(179.0, 0.0), (180.0, 0.0), (-179.0, 0.0)])

    assert lines == [[(179.0, 0.0), (180.0, 0.0)], [(-180.0, 0.0), (-179.0, 0.0)]]


@given(st.lists(st.tuples(st.floats(-180, 180), latitudes), min_size=1, max_size=30))
def test_no_part_of_a_split_line_crosses_180_degrees(points: list[tuple[float, float]]) -> None:
    lines = geodesy.lines_split_at_180(points)

    steps = [abs(b[0] - a[0]) for line in lines for a, b in itertools.pairwise(line)]
    assert max(steps, default=0) <= 180
    assert all(-180 <= lon <= 180 for line in lines for lon, _ in line)


def test_a_straight_line_is_simplified_to_its_ends() -> None:
    line = [(float(i), 2.0 * i) for i in range(50)]

    assert geodesy.simplified(line, 0.01) == [line[0], line[-1]]


def test_a_simplified_line_keeps_its_corners() -> None:
    line = [(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (2.0, 2.0)]

    assert geodesy.simplified(line, 0.01) == [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)]


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(50, 60)), min_size=3, max_size=40, unique=True),
    st.sampled_from([0.01, 0.1, 1.0]),
)
@example([(5.583e-255, 51.0), (0.0, 50.0), (0.0, 51.0)], 0.01)
def test_a_simplified_line_deviates_by_at_most_the_tolerance(
    line: list[tuple[float, float]], tolerance_deg: float
) -> None:
    simple = geodesy.simplified(line, tolerance_deg)

    scale = np.array([np.cos(np.radians(np.mean([lat for _, lat in line]))), 1.0])
    deviation_deg = shapely.distance(
        shapely.points(np.array(line) * scale), shapely.linestrings(np.array(simple) * scale)
    )
    assert deviation_deg.max() <= tolerance_deg * (1 + 1e-9)
    assert set(simple) <= set(line)
    assert (simple[0], simple[-1]) == (line[0], line[-1])
