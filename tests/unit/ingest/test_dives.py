"""Seaglider basestation dives, in sample files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.ingest.formats import detection
from app.ingest.formats.observations import Observations
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.made_files import dive_file

Read = Callable[..., Report]
NAMED = Options(mission="20200913T0000")


def observed(path: Path) -> Observations:
    """Return the rows of the file."""
    return detection.read(path, detection.Limits(1 << 20, 1000))


def mission_of(report: Report) -> dict[str, Any]:
    """Return the mission of a stored dive."""
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def test_a_dive_is_split_into_two_profiles_at_the_deepest_sample(tmp_path: Path, read: Read) -> None:
    path = dive_file(tmp_path / "a.nc", 3, ctd_depth=np.array([0, 10, 20, 30, 60, 50, 40, 30, 20, 10, 5, 0.0]))

    mission = mission_of(read(path, NAMED))

    assert (mission["platform"], mission["mission"], mission["data_mode"]) == ("sg001", "20200913T0000", "R")
    assert (mission["samples"], mission["profiles"], mission["vertical_m"]) == (12, 2, 110.0)
    assert observed(path).number.tolist() == [5.0] * 5 + [6.0] * 7
    assert observed(path).scope == "profiles"


def test_a_dive_without_a_mission_option_is_refused(tmp_path: Path, read: Read) -> None:
    report = read(dive_file(tmp_path / "a.nc"))

    assert (report.outcome, report.reason_code) == ("refused", "no_mission")


def test_a_dive_without_an_ascent_is_one_profile(tmp_path: Path, read: Read) -> None:
    mission = mission_of(read(dive_file(tmp_path / "a.nc", ctd_depth=np.arange(12.0)), NAMED))

    assert mission["profiles"] == 1


def test_an_impossible_depth_does_not_split_the_dive(tmp_path: Path) -> None:
    depth = np.array([0, 10, 20, 30, 40, 50, 50, 40, 30, 20, 10, 99_999.0])

    assert observed(dive_file(tmp_path / "a.nc", ctd_depth=depth)).number.tolist() == [1.0] * 6 + [2.0] * 6


def test_rows_out_of_order_are_split_by_time(tmp_path: Path) -> None:
    path = dive_file(tmp_path / "a.nc")
    order = np.random.default_rng(1).permutation(12)
    with netCDF4.Dataset(path, "a") as file:
        for name in ("ctd_time", "ctd_depth"):
            file.variables[name][:] = file.variables[name][:][order]

    rows = observed(path)

    assert rows.number[np.argsort(rows.time_ms)].tolist() == [1.0] * 6 + [2.0] * 6


def test_raw_values_of_the_electronics_are_left_out(tmp_path: Path) -> None:
    path = dive_file(tmp_path / "a.nc", eng_condFreq=np.arange(12.0), eng_depth=np.arange(12.0))

    assert [column.about.name for column in observed(path).columns] == ["temperature"]


def test_samples_have_the_time_of_the_ctd_and_not_of_the_electronics(tmp_path: Path, read: Read) -> None:
    path = dive_file(tmp_path / "a.nc", 0, {"dive_number": np.int32(1)}, time=np.full(12, 1.0e9))

    assert mission_of(read(path, NAMED))["start_at"] == "2020-09-13T12:26:40.000Z"


def test_a_dive_without_a_valid_number_is_numbered_by_its_id(tmp_path: Path) -> None:
    rows = observed(dive_file(tmp_path / "a.nc", attributes={"id": "p0010042_20200913", "dive_number": "none"}))

    assert set(rows.number.tolist()) == {83.0, 84.0}


@pytest.mark.parametrize(
    ("attributes", "column", "code", "word"),
    [
        ({"id": "x", "dive_number": np.int32(0)}, {}, "not_profiles", "dive_number"),
        ({}, {"ctd_depth": np.full(12, np.nan)}, "not_profiles", "ctd_depth"),
        ({}, {"latitude": np.full(12, np.nan)}, "no_valid_position", "latitude"),
        ({}, {"ctd_time": np.full(12, np.nan)}, "no_time", "ctd_time"),
        ({"platform_id": " "}, {}, "no_platform", "--platform"),
    ],
)
def test_an_unusable_dive_is_refused(
    tmp_path: Path, read: Read, attributes: dict[str, Any], column: dict[str, Any], code: str, word: str
) -> None:
    report = read(dive_file(tmp_path / "a.nc", 3, attributes, **column), NAMED)

    assert (report.outcome, report.reason_code) == ("refused", code)
    assert word in str(report.reason)
