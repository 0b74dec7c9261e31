"""Potential density by TEOS-10, against the values that the authors of the toolbox publish."""

import gsw
import numpy as np
import pytest

from app.ingest.derive import seawater

BORNHOLM, PACIFIC = (15.5, 55.5), (188.0, 4.0)


def sigma0(salinity: float, temperature_c: float, position: tuple[float, float] | None) -> float:
    return float(seawater.sigma0(np.array([salinity]), np.array([temperature_c]), position)[0])


@pytest.mark.parametrize(
    ("computed", "published", "tolerance"),
    # The example of each function's page: teos-10.org/pubs/gsw/html/gsw_SA_from_SP.html and so on. The atlas of the
    # package is newer than the page of SA_from_SP: salinities differ by 0.00002 g/kg.
    [
        (lambda: gsw.SA_from_SP(34.5487, 10, 188, 4), 34.711778344814114, 2e-5),
        (lambda: gsw.CT_from_t(34.7118, 28.7856, 10), 28.809919826700281, 1e-10),
        (lambda: gsw.CT_from_pt(34.7118, 28.7832), 28.809923015982083, 1e-10),
        (lambda: gsw.sigma0(34.7118, 28.8099), 21.797900819337656, 1e-10),
    ],
    ids=["SA_from_SP", "CT_from_t", "CT_from_pt", "sigma0"],
)
def test_the_toolbox_returns_its_published_values(computed, published, tolerance) -> None:
    assert computed() == pytest.approx(published, abs=tolerance)


def test_density_is_that_of_the_published_example() -> None:
    # The example of gsw_sigma0 is the sample at 10 dbar of gsw_SA_from_SP, of potential temperature 28.7832 °C.
    assert sigma0(34.5487, 28.7832, PACIFIC) == pytest.approx(21.797900819337656, abs=1e-4)


@pytest.mark.parametrize(
    ("salinity", "temperature_c", "eos_80"),
    # UNESCO technical papers in marine science 44 (1983), p. 19, EOS-80 at the surface.
    [(0, 5, 999.96675), (0, 25, 997.04796), (35, 5, 1027.67547), (35, 25, 1023.34306)],
)
def test_standard_seawater_differs_from_eos_80_by_at_most_0_002(salinity, temperature_c, eos_80) -> None:
    difference = sigma0(salinity, temperature_c, None) + 1000 - eos_80
    assert 0 < abs(difference) < 0.002


def test_baltic_water_is_denser_than_by_eos_80() -> None:
    # Feistel et al. (2010): 0.087 g/kg (1 - 7.5 / 35) = 0.068 g/kg of salt more than in diluted Standard Seawater.
    # Each g/kg adds 0.78 kg m-3.
    assert sigma0(7.5, 8.0, BORNHOLM) - sigma0(7.5, 8.0, None) == pytest.approx(0.068 * 0.78, abs=0.001)


def test_a_negative_salinity_counts_as_fresh_water_and_nan_stays_nan() -> None:
    assert sigma0(-1.0, 5.0, None) == sigma0(0.0, 5.0, None)
    assert np.isnan([sigma0(np.nan, 5.0, None), sigma0(35.0, np.nan, PACIFIC)]).all()


def test_positions_outside_the_atlas_have_the_salt_of_standard_seawater() -> None:
    assert sigma0(35.0, 5.0, (180.0, -88.0)) == sigma0(35.0, 5.0, None)


def test_a_grid_ends_where_teos_10_is_not_defined() -> None:
    grid = seawater.density_grid((-1.0, 50.0), (-10.0, 60.0), BORNHOLM, 5)
    assert grid is not None
    assert (grid.salinity[[0, -1]].tolist(), grid.temperature_c[[0, -1]].tolist()) == ([0.0, 42.0], [-6.0, 40.0])
    assert grid.sigma0[1, 2] == sigma0(21.0, 5.5, BORNHOLM)
    assert np.diff(grid.sigma0, axis=1).min() > 0


@pytest.mark.parametrize(("salinity", "temperature_c"), [((43.0, 60.0), (1.0, 2.0)), ((1.0, 2.0), (41.0, 50.0))])
def test_values_outside_of_the_definition_have_no_grid(salinity, temperature_c) -> None:
    assert seawater.density_grid(salinity, temperature_c, None, 5) is None


@pytest.mark.parametrize(
    ("salinity_unit", "temperature_unit", "expected"),
    [
        ("1", "degree_C", True),
        (None, "degree_C", True),
        ("g kg-1", "degree_C", False),
        ("1", "degree_F", False),
        ("1", None, False),
    ],
)
def test_density_needs_practical_salinity_and_degrees_celsius(salinity_unit, temperature_unit, expected) -> None:
    assert seawater.has_expected_units(salinity_unit, temperature_unit) is expected


def test_the_mean_position_of_a_track_across_180_lies_there() -> None:
    lon_deg, lat_deg = np.array([178.0, -179.0, np.nan, 10.0]), np.array([2.0, 4.0, 80.0, np.nan])
    assert seawater.mean_position(lon_deg, lat_deg) == pytest.approx((179.5, 3.0))
    assert seawater.mean_position(np.array([np.nan]), np.array([1.0])) is None
