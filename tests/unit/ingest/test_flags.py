"""Quality flags: recognised in any convention, counted, and left out of figures when bad."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.domain import quality_flags
from app.ingest.formats import flag_meanings
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests import made_flags
from tests.made_files import csv_file, profile_file, rows, table, time_series
from tests.made_flags import BAD, CONVENTIONS, GOOD, PROBABLY_GOOD, SUSPECT, UNCHECKED

Read = Callable[..., Report]
JUDGED = [BAD, SUSPECT, PROBABLY_GOOD, UNCHECKED, *[GOOD] * 20]
# QARTOD has no "probably good".
NO_PROBABLY = ("QARTOD", "QARTOD meanings")


def mission(report: Report) -> dict[str, Any]:
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def warnings(report: Report) -> dict[str, int]:
    return {warning["code"]: warning["count"] for warning in mission(report)["warnings"]}


def flagged(path: Path, variable: str, judgements: list[str], convention: str = "OG1", **columns: Any) -> Path:
    """Write a time series with the flags of one variable; `columns` replaces columns."""
    time_series(path, {**rows(), **columns})
    with netCDF4.Dataset(path, "a") as file:
        made_flags.add(file, variable, judgements, CONVENTIONS[convention])
    return path


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_the_flags_of_a_convention_are_counted_by_their_meaning(tmp_path: Path, read: Read, convention: str) -> None:
    report = read(flagged(tmp_path / "a.nc", "temperature", JUDGED, convention))

    counts = {BAD: 1, SUSPECT: 1, PROBABLY_GOOD: 1, UNCHECKED: 1, GOOD: 20}
    if convention in NO_PROBABLY:
        counts = {BAD: 1, SUSPECT: 1, UNCHECKED: 1, GOOD: 21}
    (quality,) = mission(report)["quality"]
    assert quality == {"variable": "temperature", "values": 24, "good": 21, "left_out": 2, "flags": quality["flags"]}
    assert quality["flags"] == counts
    assert warnings(report) == {"value_flagged": 2}
    assert mission(report)["unread_variables"] == []


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_bad_depths_and_positions_are_in_no_figure(tmp_path: Path, read: Read, convention: str) -> None:
    good = rows()
    expected = mission(read(time_series(tmp_path / "good.nc", good)))
    depth, latitude = good["depth"].copy(), good["latitude"].copy()
    depth[2], latitude[8] = 900.0, 56.5
    path = time_series(tmp_path / "a.nc", {**good, "depth": depth, "latitude": latitude})
    with netCDF4.Dataset(path, "a") as file:
        for variable, row in (("depth", 2), ("latitude", 8)):
            judgements = [GOOD] * 24
            judgements[row] = BAD
            made_flags.add(file, variable, judgements, CONVENTIONS[convention])

    report = read(path)

    figures = ("samples", "profiles", "max_depth_m", "vertical_m", "start_at", "end_at")
    assert {name: mission(report)[name] for name in figures} == {name: expected[name] for name in figures}
    assert mission(report)["bbox"] == expected["bbox"]
    assert mission(report)["distance_m"] == pytest.approx(expected["distance_m"])
    assert warnings(report) == {"depth_flagged": 1, "position_flagged": 1}


def test_a_bad_time_does_not_set_the_span(tmp_path: Path, read: Read) -> None:
    judgements = [GOOD] * 23 + [BAD]
    times = rows()["time"]
    times[23] += 5 * 86_400

    report = read(flagged(tmp_path / "a.nc", "time", judgements, time=times))

    assert mission(report)["end_at"] == "2020-09-13T12:48:40.000Z"
    assert warnings(report) == {"time_flagged": 1}


def test_a_profile_without_a_good_depth_is_none(tmp_path: Path, read: Read) -> None:
    report = read(flagged(tmp_path / "a.nc", "depth", [BAD] * 6 + [GOOD] * 18))

    assert (mission(report)["profiles"], mission(report)["samples"]) == (3, 24)


def test_a_depth_from_a_bad_pressure_is_bad(tmp_path: Path, read: Read) -> None:
    columns = rows()
    columns["pressure"] = columns.pop("depth")
    columns["pressure"][5] = 800.0
    path = time_series(tmp_path / "a.nc", columns, units={"pressure": "dbar"})
    with netCDF4.Dataset(path, "a") as file:
        made_flags.add(file, "pressure", [GOOD] * 5 + [BAD] + [GOOD] * 18, CONVENTIONS["OG1"])

    report = read(path)

    assert mission(report)["max_depth_m"] == pytest.approx(49.6, abs=0.1)
    assert warnings(report) == {"depth_flagged": 1, "depth_from_pressure": 24, "value_flagged": 1}


@pytest.mark.parametrize(
    ("name", "values", "attributes"),
    [
        pytest.param("temperature_qc", [77] * 24, {}, id="no table has it"),
        pytest.param("temperature_flag", [1] * 24, {}, id="of no convention"),
        pytest.param(
            "temperature_qc",
            [7] * 24,
            {"flag_values": np.array([1, 4], "i1"), "flag_meanings": "good bad"},
            id="not declared",
        ),
        pytest.param("temperature_qc", [1] * 24, {"quality_control_set": 4.0}, id="table of another set"),
    ],
)
def test_an_unknown_flag_is_kept_counted_and_not_good(
    tmp_path: Path, read: Read, name: str, values: list[int], attributes: dict[str, Any]
) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        flags = file.createVariable(name, "i1", ("time",))
        flags.setncatts(attributes)
        flags[:] = values

    report = read(path)

    (quality,) = mission(report)["quality"]
    assert (quality["good"], quality["left_out"], quality["flags"]) == (0, 0, {"unknown": 24})
    assert warnings(report) == {"flag_unknown": 24}


def test_a_summary_of_tests_has_precedence_over_the_tests(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("qartod_temperature_spike_flag", "i1", ("time",))[:] = 4
        file.createVariable("qartod_temperature_primary_flag", "i1", ("time",))[:] = 1
        file.createVariable("temperature_qc", "i1", ("time",))[:] = 0

    (quality,) = mission(read(path))["quality"]

    assert quality["flags"] == {"good": 24}


def test_the_worst_of_several_tests_counts(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable("qartod_temperature_spike_flag", "i1", ("time",))[:] = [4] + [1] * 23
        file.createVariable("qartod_temperature_flat_line_flag", "i1", ("time",))[:] = [1, 3] + [2] * 22

    (quality,) = mission(read(path))["quality"]

    assert quality["flags"] == {"good": 22, "bad": 1, "probably_bad": 1}


def test_flags_by_standard_name_belong_to_the_variable_with_that_name(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file["temperature"].standard_name = "sea_water_temperature"
        flags = file.createVariable("judgement", "i1", ("time",))
        flags.standard_name = "sea_water_temperature status_flag"
        flags[:] = [4] + [1] * 23

    (quality,) = mission(read(path))["quality"]

    assert (quality["variable"], quality["left_out"]) == ("temperature", 1)


def test_bit_masks_are_named_and_not_read(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        flags = file.createVariable("temperature_qc", "i1", ("time",))
        flags.setncatts({"flag_masks": np.array([1, 2], "i1"), "flag_meanings": "spike bad_range"})
        flags[:] = 1

    report = read(path)

    assert mission(report)["quality"] == []
    assert [variable["name"] for variable in mission(report)["unread_variables"]] == ["temperature_qc"]


def test_the_flags_of_a_table_are_read(tmp_path: Path, read: Read) -> None:
    columns = rows()
    columns["depth"][2] = 900.0
    flags = np.ones(24)
    flags[2] = 4
    path = csv_file(tmp_path / "a.csv", table({**columns, "depth_qc": flags}))

    report = read(path, Options("made", "20200913T1226"))

    assert mission(report)["max_depth_m"] == 50.0
    assert warnings(report)["depth_flagged"] == 1


def test_the_flags_of_a_profile_file_are_read(tmp_path: Path, read: Read) -> None:
    path = profile_file(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file["depth"][3] = 900.0
        file.createVariable("depth_qc", "i1", ("time",), fill_value=-127)[:] = [1, 1, 1, 4, 1, 1]

    report = read(path)

    assert mission(report)["max_depth_m"] == 50.0


def test_flags_of_profiles_by_levels_and_of_grids_are_read(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.id = "made-20200913T1226"
        file.createDimension("profile", 2)
        file.createDimension("level", 3)
        for name, values in (("time", [1.6e9, 1.6001e9]), ("latitude", [55.5, 55.6]), ("longitude", [15.5, 15.6])):
            file.createVariable(name, "f8", ("profile",))[:] = values
        file["time"].units = "seconds since 1970-01-01"
        depth = file.createVariable("depth", "f8", ("profile", "level"))
        depth.units = "m"
        depth[:] = [[0, 10, 900], [0, 10, 20]]
        file.createVariable("temperature", "f8", ("profile", "level"))[:] = [[9, 8, 7], [9, 8, 7]]
        file.createVariable("DEPTH_QC", "S1", ("profile", "level"))[:] = np.array(
            [["1", "1", "4"], ["1", "1", "1"]], "S1"
        )
        file.createVariable("temperature_QC", "S1", ("profile", "level"))[:] = np.array(
            [["1", "1", "4"], ["1", "3", "1"]], "S1"
        )

    report = read(path)

    assert mission(report)["max_depth_m"] == 20.0
    assert {each["variable"]: each["left_out"] for each in mission(report)["quality"]} == {"depth": 1, "temperature": 2}


def test_the_flags_of_the_profiles_of_a_ragged_array_are_those_of_their_samples(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.nc"
    whole = rows()
    with netCDF4.Dataset(path, "w") as file:
        file.id = "made-20200913T1226"
        file.createDimension("profile", 4)
        file.createDimension("obs", 24)
        for name in ("time", "latitude", "longitude"):
            file.createVariable(name, "f8", ("profile",))[:] = whole[name].reshape(4, -1)[:, 0]
        file["time"].units = "seconds since 1970-01-01"
        file["latitude"][3] = 60.0
        file.createVariable("position_qc", "S1", ("profile",))[:] = np.array(["1", "1", "1", "4"], "S1")
        sizes = file.createVariable("rowSize", "i4", ("profile",))
        sizes.sample_dimension = "obs"
        sizes[:] = 6
        depth = file.createVariable("depth", "f8", ("obs",))
        depth.units = "m"
        depth[:] = whole["depth"]

    report = read(path)

    assert mission(report)["bbox"] == pytest.approx([15.5, 55.5, 15.52, 55.5])
    assert warnings(report) == {"position_flagged": 6}


def test_flags_of_precise_positions_and_times_are_read(tmp_path: Path, read: Read) -> None:
    columns = rows()
    precise = {"precise_lat": columns["latitude"].copy(), "precise_lon": columns["longitude"]}
    precise["precise_lat"][0] = 60.0
    flags = np.ones(24)
    flags[0] = 4

    path = csv_file(tmp_path / "a.csv", table({**columns, **precise, "precise_lat_qc": flags}))

    report = read(path, Options("made", "20200913T1226"))
    assert mission(report)["bbox"][3] == 55.5
    assert warnings(report)["position_flagged"] == 1


@pytest.mark.parametrize("name", ["depth-flagged-bad.nc", "position-flagged-bad.nc", "value-flagged-bad.nc"])
def test_a_public_trait_of_flags_leaves_the_figures_of_the_mission(test_data: Path, read: Read, name: str) -> None:
    report = read(test_data / "cases" / name)

    figures = mission(report)
    assert (figures["samples"], figures["profiles"]) == (255, 6)
    assert figures["distance_m"] == pytest.approx(7908.2, rel=1e-3)
    assert (figures["max_depth_m"], figures["vertical_m"]) == (pytest.approx(100.0), pytest.approx(600.0))
    assert sum(each["left_out"] for each in figures["quality"]) >= 1


@pytest.mark.parametrize(
    "word", ["not_acceptable", "unacceptable", "no_good_data", "no_error", "not_rejected", "not_bad"]
)
def test_a_denied_meaning_is_unknown(word: str) -> None:
    assert flag_meanings.of_meaning(word) == quality_flags.UNKNOWN


@pytest.mark.parametrize(
    ("word", "flag"), [("not_good", 4), ("not_evaluated", 0), ("no_qc_performed", 0), ("no_data", 9)]
)
def test_a_denied_meaning_with_a_flag_of_its_own_has_it(word: str, flag: int) -> None:
    assert flag_meanings.of_meaning(word) == flag
