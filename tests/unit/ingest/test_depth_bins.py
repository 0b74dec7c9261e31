"""Cells of time and depth, and where their colours end."""

import numpy as np
import pytest

from app.ingest.derive import depth_bins
from app.ingest.derive.depth_bins import Sums

NAN = np.nan


def test_a_cell_is_the_mean_of_its_samples() -> None:
    sums = Sums(columns=2, deepest_m=3.0)
    sums.add(0, np.array([0.1, 0.2, 0.6, 1.1, 1.6, 2.1, 2.6]), np.array([1.0, 3.0, 5.0, 6.0, 7.0, 8.0, 9.0]))

    cells = sums.cells()

    assert cells.bin_m == 0.5
    assert cells.values[:, 0].tolist() == [2.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    assert np.isnan(cells.values[:, 1]).all()


def test_rows_are_as_high_as_samples_are_apart() -> None:
    sums = Sums(columns=1, deepest_m=80.0)
    sums.add(0, np.arange(2.0, 80.0, 4.0), np.arange(20.0))
    assert sums.cells().bin_m == 5.0


@pytest.mark.parametrize(("deepest_m", "bin_m"), [(0.0, 0.5), (80.0, 1.0), (200.0, 2.0), (700.0, 5.0), (1100.0, 10.0)])
def test_a_full_section_has_at_most_150_round_rows(deepest_m: float, bin_m: float) -> None:
    sums = Sums(columns=1, deepest_m=deepest_m)
    depth_m = np.linspace(0, deepest_m, 20_000)
    sums.add(0, depth_m, depth_m)

    cells = sums.cells()

    assert cells.bin_m == bin_m
    assert len(cells.values) <= 150


def test_what_is_no_number_is_left_out_and_what_floats_is_at_the_surface() -> None:
    sums = Sums(columns=1, deepest_m=10.0)
    depth_m = np.array([-0.2, 0.1, NAN, 0.2, 500.0])
    sums.add(0, depth_m, np.array([2.0, 4.0, 100.0, np.inf, 100.0]))

    assert sums.cells().values.tolist() == [[3.0]]
    assert (sums.samples, sums.least, sums.greatest) == (2, 2.0, 4.0)


def test_limits_are_percentiles_also_below_zero() -> None:
    values = np.linspace(-1.8, 2.0, 1001)
    sums = Sums(columns=1, deepest_m=10.0)
    sums.add(0, np.full(1001, 1.0), values)

    low, high = sums.limits(centred=False)

    kept = values.astype(np.float32).astype(np.float64)
    assert (low, high) == (np.percentile(kept, 1), np.percentile(kept, 99))
    assert low < -1.7


def test_velocities_have_their_colours_around_zero() -> None:
    sums = Sums(columns=1, deepest_m=1.0)
    sums.add(0, np.zeros(3), np.array([-0.5, 0.1, 0.2]))
    low, high = sums.limits(centred=True)
    assert low == -high
    assert high > 0.48


@pytest.mark.parametrize(("value", "limits"), [(35.0, (34.65, 35.35)), (0.0, (-0.5, 0.5)), (-2.0, (-2.02, -1.98))])
def test_a_constant_has_room_on_both_sides(value: float, limits: tuple[float, float]) -> None:
    sums = Sums(columns=1, deepest_m=1.0)
    sums.add(0, np.zeros(9), np.full(9, value))
    assert sums.limits(centred=False) == pytest.approx(limits)


def test_limits_of_very_many_values_are_taken_from_each_nth() -> None:
    sums = Sums(columns=1, deepest_m=1.0, stride=3)
    sums.add(0, np.zeros(4), np.arange(4.0))
    sums.add(0, np.zeros(4), np.arange(4.0, 8.0))
    assert np.concatenate(sums.sampled).tolist() == [0.0, 3.0, 6.0]


@pytest.mark.parametrize(("low", "high", "decimals"), [(0, 10, 2), (7.6, 15.8, 3), (0, 4e-4, 7), (1000, 9000, 0)])
def test_decimals_tell_a_thousandth_of_the_span(low: float, high: float, decimals: int) -> None:
    assert depth_bins.decimals(low, high) == decimals
