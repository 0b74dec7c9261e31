"""Cells of time and depth, and the limits of their colour scale."""

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


def test_the_height_of_rows_follows_the_distance_between_samples() -> None:
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


def test_missing_and_too_deep_values_are_left_out_and_negative_depths_are_at_the_surface() -> None:
    sums = Sums(columns=1, deepest_m=10.0)
    depth_m = np.array([-0.2, 0.1, NAN, 0.2, 500.0])
    sums.add(0, depth_m, np.array([2.0, 4.0, 100.0, np.inf, 100.0]))

    assert sums.cells().values.tolist() == [[3.0]]
    assert (sums.samples, sums.least, sums.greatest) == (2, 2.0, 4.0)


def test_limits_are_round_numbers_around_percentiles_and_may_be_negative() -> None:
    values = np.linspace(-1.8, 2.0, 1001)
    sums = Sums(columns=1, deepest_m=10.0)
    sums.add(0, np.full(1001, 1.0), values)

    low, high = sums.limits(centred=False)

    stored = values.astype(np.float32).astype(np.float64)
    assert -1.8 <= low <= np.percentile(stored, 1)
    assert np.percentile(stored, 99) <= high <= 2.0
    assert (low, high) == (round(low, 1), round(high, 1))


def test_the_colour_scale_of_velocities_is_centred_at_zero() -> None:
    sums = Sums(columns=1, deepest_m=1.0)
    sums.add(0, np.zeros(3), np.array([-0.5, 0.1, 0.2]))
    low, high = sums.limits(centred=True)
    assert low == -high
    assert high > 0.48


@pytest.mark.parametrize(("value", "limits"), [(35.0, (34.65, 35.35)), (0.0, (-0.5, 0.5)), (-2.0, (-2.02, -1.98))])
def test_the_limits_of_a_constant_are_wider_than_its_value(value: float, limits: tuple[float, float]) -> None:
    sums = Sums(columns=1, deepest_m=1.0)
    sums.add(0, np.zeros(9), np.full(9, value))
    assert sums.limits(centred=False) == pytest.approx(limits)


def test_limits_of_very_many_values_use_every_nth_value() -> None:
    sums = Sums(columns=1, deepest_m=1.0, stride=3)
    sums.add(0, np.zeros(4), np.arange(4.0))
    sums.add(0, np.zeros(4), np.arange(4.0, 8.0))
    assert np.concatenate(sums.sampled).tolist() == [0.0, 3.0, 6.0]


@pytest.mark.parametrize(("low", "high", "decimals"), [(0, 10, 2), (7.6, 15.8, 3), (0, 4e-4, 7), (1000, 9000, 0)])
def test_decimals_resolve_a_thousandth_of_the_span(low: float, high: float, decimals: int) -> None:
    assert depth_bins.decimals(low, high) == decimals
