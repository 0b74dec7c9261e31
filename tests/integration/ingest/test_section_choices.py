"""What plots can choose: columns by distance, all values beside the good ones; and the units of adjusted variables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.domain import columns
from app.ingest.reports import Report
from app.store import missions, sections
from tests import made_flags
from tests.made_files import rows, time_series
from tests.made_flags import BAD, CONVENTIONS, GOOD, SUSPECT

Ingest = Callable[..., list[Report]]
MADE = ("made", "20200913T1226")


def column(record: Any, name: str) -> Any:
    packed = record.packed[name]
    return np.asarray(columns.decoded(packed["data"], packed["dtype"]))


def flagged(path: Path, *judged: str, **values: Any) -> Path:
    """Write a time series whose first samples of these variables have flags: bad, suspect; all others are good."""
    made = {**rows(), **values}
    time_series(path, made, units={"salinity": "1"})
    with netCDF4.Dataset(path, "a") as file:
        for name in judged:
            judgements = [BAD, SUSPECT] + [GOOD] * (made["time"].size - 2)
            made_flags.add(file, name, judgements, CONVENTIONS["OG1"])
    return path


def test_columns_have_their_distance_along_the_track(tmp_path: Path, ingest: Ingest) -> None:
    ingest(time_series(tmp_path / "made.nc", rows(profiles=8)))
    section, mission = sections.find(*MADE, "temperature"), missions.find(*MADE)
    assert section is not None
    assert mission is not None

    start, middle, end = (column(section, name) for name in ("from_m", "mid_m", "to_m"))
    assert section.along_m == pytest.approx(mission.figures.distance_m)
    assert (start[0], end[-1]) == pytest.approx((0, mission.figures.distance_m))
    # Profiles are equally far apart, and columns touch half-way between them.
    np.testing.assert_allclose(middle, np.linspace(0, mission.figures.distance_m, 8), rtol=1e-6)
    np.testing.assert_allclose(start[1:], end[:-1])


def test_a_mission_whose_profiles_have_no_position_has_no_distance(tmp_path: Path, ingest: Ingest) -> None:
    made = rows()
    nowhere = np.where(made["profile_index"] == 2, made["longitude"], np.nan)
    ingest(time_series(tmp_path / "made.nc", {**made, "longitude": nowhere}))
    section = sections.find(*MADE, "temperature")
    assert section is not None
    assert section.along_m is None
    assert "mid_m" not in section.packed


def test_flagged_values_are_stored_beside_the_good_ones(tmp_path: Path, ingest: Ingest) -> None:
    ingest(flagged(tmp_path / "made.nc", "temperature"))
    section = sections.find(*MADE, "temperature")
    assert section is not None

    good, every = column(section, "values"), column(section, "every")
    assert (section.samples, section.flagged) == (22, 2)
    np.testing.assert_allclose(every[np.isfinite(good)], good[np.isfinite(good)])
    # The first two samples of the first profile, at 0 and 10 m.
    hidden = np.isnan(good) & np.isfinite(every)
    np.testing.assert_allclose(np.sort(every[hidden]), [9.0, 10.0])


def test_a_variable_without_flagged_values_is_stored_once(tmp_path: Path, ingest: Ingest) -> None:
    ingest(flagged(tmp_path / "made.nc", "temperature", salinity=30.0 + rows()["depth"] / 10))
    section = sections.find(*MADE, "salinity")
    assert section is not None
    assert section.flagged == 0
    assert "every" not in section.packed


def test_flagged_samples_of_the_t_s_diagram_are_stored_apart(tmp_path: Path, ingest: Ingest) -> None:
    ingest(flagged(tmp_path / "made.nc", "temperature", "salinity", salinity=30.0 + rows()["depth"] / 10))
    cloud = sections.cloud(*MADE)
    assert cloud is not None
    assert (cloud.pairs, cloud.flagged) == (22, 2)
    np.testing.assert_allclose(column(cloud, "flagged_salinity"), [30.0, 31.0])
    np.testing.assert_allclose(column(cloud, "flagged_temperature"), [10.0, 9.0])


@pytest.mark.parametrize(
    ("name", "unit", "stored"),
    [("potential_temperature", "Celsius", "degree_C"), ("density", "g cm-3", "kg m-3"), ("own", "furlong", "furlong")],
)
def test_an_adjusted_variable_without_a_unit_has_that_of_its_base_variable(
    tmp_path: Path, ingest: Ingest, name: str, unit: str, stored: str
) -> None:
    made = rows()
    file = time_series(
        tmp_path / "made.nc",
        {**made, name: made["temperature"], f"{name}_adjusted": made["temperature"]},
        units={name: unit},
    )
    ingest(file)
    mission, raw, adjusted = missions.find(*MADE), *(sections.find(*MADE, each) for each in (name, f"{name}_adjusted"))
    assert mission is not None
    assert raw is not None
    assert adjusted is not None
    units = {variable.name: variable.unit for variable in mission.variables}
    assert (units[name], units[f"{name}_adjusted"], adjusted.unit) == (stored, stored, stored)
    np.testing.assert_allclose(column(raw, "values"), column(adjusted, "values"))


def test_a_declared_unit_of_an_adjusted_variable_stays(tmp_path: Path, ingest: Ingest) -> None:
    made = rows()
    units = {"oxygen": "umol l-1", "oxygen_adjusted": "umol kg-1"}
    values = dict.fromkeys(units, made["temperature"] * 30)
    ingest(time_series(tmp_path / "made.nc", {**made, **values}, units=units))
    mission = missions.find(*MADE)
    assert mission is not None
    stored = {variable.name: variable.unit for variable in mission.variables}
    assert (stored["oxygen"], stored["oxygen_adjusted"]) == ("mmol m-3", "umol kg-1")
