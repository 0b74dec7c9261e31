"""The made-up sea has the layers of a real one, and says the same every time."""

from datetime import UTC, datetime

import numpy as np
import pytest

from app.simulator import ocean

SEAS = [ocean.BORNHOLM, ocean.GOTLAND, ocean.ATLANTIC]
DAYS = [datetime(2026, month, 15, 7, tzinfo=UTC) for month in (1, 2, 4, 6, 8, 9, 11, 12)]


def test_density_is_that_of_the_sea_at_the_surface():
    # The value that gsw 3.6.23 computes: SA_from_SP(7.5, 0, 15.75, 55.3), CT_from_pt(SA, 8), sigma0(SA, CT) + 1000.
    assert ocean.BORNHOLM.density(np.array([8.0]), np.array([7.5]))[0] == pytest.approx(1005.79797, abs=1e-4)


@pytest.mark.parametrize("sea", SEAS, ids=lambda sea: sea.name)
@pytest.mark.parametrize("at", DAYS, ids=lambda at: f"{at:%B}")
def test_water_never_lies_on_lighter_water(sea, at):
    depth_m = np.linspace(0, sea.dive_m, 500)
    density = sea.density(sea.temperature(depth_m, at.timestamp()), sea.salinity(depth_m, at.timestamp()))
    assert np.diff(density).min() > -1e-9


@pytest.mark.parametrize("at", DAYS, ids=lambda at: f"{at:%B}")
def test_the_baltic_is_brackish_above_the_halocline_and_saltier_below(at):
    salinity = ocean.GOTLAND.salinity(np.array([0.0, 40.0, 100.0]), at.timestamp())
    assert salinity[0] == pytest.approx(7.1, abs=0.1)
    assert salinity[1] == pytest.approx(7.1, abs=0.2)
    assert salinity[2] > 11.5


def test_a_thermocline_stands_in_summer_and_not_in_winter():
    depth_m = np.array([2.0, 40.0])
    august, january = (ocean.BORNHOLM.temperature(depth_m, DAYS[i].timestamp()) for i in (4, 0))  # type: ignore[arg-type]
    assert august[0] - august[1] > 12
    assert abs(january[0] - january[1]) < 1


@pytest.mark.parametrize("sea", SEAS, ids=lambda sea: sea.name)
@pytest.mark.parametrize("at", DAYS, ids=lambda at: f"{at:%B}")
def test_what_sensors_would_find_is_plausible(sea, at):
    depth_m = np.linspace(0, sea.dive_m, 200)
    assert 2 < sea.temperature(depth_m, at.timestamp()).min() < sea.temperature(depth_m, at.timestamp()).max() < 20
    assert 0 < sea.oxygen(depth_m, at.timestamp()).min() < sea.oxygen(depth_m, at.timestamp()).max() < 500
    assert 0 < sea.chlorophyll(depth_m, at.timestamp()).min() < sea.chlorophyll(depth_m, at.timestamp()).max() < 5


def test_boundaries_between_layers_move_with_the_tide():
    depth_m = np.array([70.0])
    first, later = (
        ocean.GOTLAND.salinity(depth_m, datetime(2026, 6, 15, hour, tzinfo=UTC).timestamp())  # type: ignore[arg-type]
        for hour in (0, 4)
    )
    assert abs(first[0] - later[0]) > 0.2
