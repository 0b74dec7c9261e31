"""Quality flags in odd forms: meanings that do not fit, characters with a dimension of their own, names with blanks."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.ingest.reports import Report
from tests.made_files import rows, time_series

Read = Callable[..., Report]
Declare = Callable[[netCDF4.Dataset], Any]
COUNT = 24


def mission(report: Report) -> dict[str, Any]:
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def with_flags(path: Path, values: Any, attributes: Mapping[str, Any], name: str = "temperature_qc") -> Path:
    """Write a time series with flags of whole numbers, or of characters with a second dimension."""
    values = np.asarray(values)
    time_series(path)
    with netCDF4.Dataset(path, "a") as file:
        dimensions = ["time"]
        if values.ndim == 2:
            file.createDimension("STRING", values.shape[1])
            dimensions.append("STRING")
        flags = file.createVariable(name, values.dtype, dimensions)
        flags.set_auto_chartostring(False)
        flags.setncatts(dict(attributes))
        flags[:] = values
    return path


def counts(report: Report) -> dict[str, int]:
    """Return the flags of the temperature."""
    (quality,) = mission(report)["quality"]
    assert quality["variable"] == "temperature"
    return dict(quality["flags"])


def values(*numbers: int) -> dict[str, Any]:
    return {"flag_values": np.array(numbers, "i1")}


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param(
            {**values(0, 1, 2), "flag_meanings": "no check, good data, bad data"}, {"good": 23, "bad": 1}, id="commas"
        ),
        pytest.param(
            {**values(0, 1, 2), "flag_meanings": "no_check;good;bad;"}, {"good": 23, "bad": 1}, id="semicolons"
        ),
        pytest.param({**values(0, 1, 2), "flag_meanings": "no_check good bad"}, {"good": 23, "bad": 1}, id="blanks"),
        pytest.param({**values(0, 1, 2), "flag_meanings": "good bad"}, {"unknown": 24}, id="too few"),
        pytest.param({**values(1, 2), "flag_meanings": "no_check good bad"}, {"unknown": 24}, id="too many"),
        # Split at blanks, these would be four words.
        pytest.param(
            {**values(1, 2, 3, 4), "flag_meanings": "good, probably good, bad"}, {"unknown": 24}, id="shifted"
        ),
        pytest.param({**values(1, 1, 2), "flag_meanings": "no_check good bad"}, {"unknown": 24}, id="a value twice"),
        pytest.param({"flag_meanings": "failed passed suspect"}, {"unknown": 24}, id="no values"),
        pytest.param({"scale_factor": 2.0}, {"unknown": 24}, id="packed"),
        pytest.param({**values(0, 1, 2)}, {"good": 23, "probably_good": 1}, id="no meanings"),
    ],
)
def test_meanings_that_do_not_fit_the_values_make_the_flags_unknown(
    tmp_path: Path, read: Read, declared: dict[str, Any], expected: dict[str, int]
) -> None:
    report = read(with_flags(tmp_path / "a.nc", np.array([2] + [1] * 23, "i1"), declared))

    assert counts(report) == expected
    is_unknown = "unknown" in expected
    assert [each["code"] for each in mission(report)["warnings"] if each["code"] == "flag_unknown"] == (
        ["flag_unknown"] if is_unknown else []
    )
    named = {each["name"]: each["reason"] for each in mission(report)["unread_variables"]}
    assert set(named) == ({"temperature_qc"} if is_unknown else set())
    assert "do not fit" in named.get("temperature_qc", "do not fit")


def characters(width: int) -> np.ndarray[Any, Any]:
    """Return flags 4, 3 and then 1 as characters, filled up with blanks and NUL."""
    texts = [b"4".ljust(width), b"3".ljust(width, b"\0"), *[b"1".ljust(width)] * 22]
    return np.array([[bytes([code]) for code in text] for text in texts], "S1")


@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("attributes", [{}, {"_Encoding": "utf-8"}])
def test_characters_with_a_dimension_of_their_own_are_read(
    tmp_path: Path, read: Read, width: int, attributes: dict[str, str]
) -> None:
    report = read(with_flags(tmp_path / "a.nc", characters(width), attributes))

    assert counts(report) == {"bad": 1, "probably_bad": 1, "good": 22}


def test_characters_along_the_rows_with_an_encoding_are_read(tmp_path: Path, read: Read) -> None:
    report = read(with_flags(tmp_path / "a.nc", characters(1)[:, 0], {"_Encoding": "ascii"}))

    assert counts(report) == {"bad": 1, "probably_bad": 1, "good": 22}


def test_numbers_with_a_dimension_of_length_one_are_read(tmp_path: Path, read: Read) -> None:
    report = read(with_flags(tmp_path / "a.nc", np.array([[4], [3]] + [[1]] * 22, "i1"), {}))

    assert counts(report) == {"bad": 1, "probably_bad": 1, "good": 22}


def test_characters_of_the_levels_of_profiles_are_no_texts(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.id = "made-20200913T1226"
        file.createDimension("N_PROF", 2)
        file.createDimension("N_LEVELS", 3)
        for name, of_profile in (("time", [1.6e9, 1.6001e9]), ("latitude", [55.5, 55.6]), ("longitude", [15.5, 15.6])):
            file.createVariable(name, "f8", ("N_PROF",))[:] = of_profile
        file["time"].units = "seconds since 1970-01-01"
        file.createVariable("PRES", "f8", ("N_PROF", "N_LEVELS"))[:] = [[0, 10, 20]] * 2
        file["PRES"].units = "dbar"
        file.createVariable("TEMP", "f8", ("N_PROF", "N_LEVELS"))[:] = [[9, 8, 7]] * 2
        flags = file.createVariable("TEMP_QC", "S1", ("N_PROF", "N_LEVELS"))
        flags.set_auto_chartostring(False)
        flags._Encoding = "utf-8"
        flags[:] = np.array([list("114"), list("131")], "S1")

    assert counts(read(path)) == {"good": 4, "bad": 1, "probably_bad": 1}


@pytest.mark.parametrize(
    "name", ["temperature QC", "Temperature-QC", "temperature quality flag", "QARTOD temperature agg"]
)
def test_names_with_blanks_and_dashes_are_those_of_flags(tmp_path: Path, read: Read, name: str) -> None:
    report = read(with_flags(tmp_path / "a.nc", np.array([4] + [1] * 23, "i1"), {}, name))

    assert counts(report) == {"bad": 1, "good": 23}


FLAG_OF_DEPTH: dict[str, Declare] = {
    "standard name with modifier": lambda file: file["z_flag"].setncattr("standard_name", "depth status_flag"),
    "copied attributes": lambda file: file["z_flag"].setncatts({"units": "m", "axis": "Z", "positive": "down"}),
    "linked": lambda file: (
        file["z"].setncattr("ancillary_variables", "z_flag"),
        file["z_flag"].setncatts(
            {**values(0, 1, 2), "flag_meanings": "no_check good bad", "standard_name": "depth", "units": "1"}
        ),
    ),
}


@pytest.mark.parametrize("declare", FLAG_OF_DEPTH.values(), ids=list(FLAG_OF_DEPTH))
def test_flags_of_a_depth_are_no_vertical_axis(tmp_path: Path, read: Read, declare: Declare) -> None:
    columns = rows()
    depth = columns.pop("depth")
    columns = {"z_flag": np.ones(COUNT), **columns, "z": depth}
    path = time_series(tmp_path / "a.nc", columns, units={"z": "m"})
    with netCDF4.Dataset(path, "a") as file:
        file["z"].standard_name = "depth"
        declare(file)

    assert mission(read(path))["max_depth_m"] == 50.0


def test_the_standard_error_of_a_depth_is_no_depth(tmp_path: Path, read: Read) -> None:
    columns = rows()
    depth = columns.pop("depth")
    path = time_series(tmp_path / "a.nc", {"z_error": np.full(COUNT, 3.0), **columns, "z": depth}, units={"z": "m"})
    with netCDF4.Dataset(path, "a") as file:
        file["z_error"].setncatts({"standard_name": "depth standard_error", "units": "m"})
        file["z"].standard_name = "depth"

    assert mission(read(path))["max_depth_m"] == 50.0


def test_the_depth_of_the_sea_floor_is_no_depth(tmp_path: Path, read: Read) -> None:
    columns = rows()
    columns["glider_depth"], columns["depth"] = columns["depth"], np.full(COUNT, 80.0)
    path = time_series(tmp_path / "a.nc", columns, units={"glider_depth": "m"})
    with netCDF4.Dataset(path, "a") as file:
        file["depth"].standard_name = "sea_floor_depth_below_sea_surface"

    assert mission(read(path))["max_depth_m"] == 50.0


def test_flags_of_the_time_are_not_taken_for_it(tmp_path: Path, read: Read) -> None:
    columns = rows()
    moments = columns.pop("time")
    path = time_series(
        tmp_path / "a.nc",
        {"juld_qc": np.ones(COUNT), "juld": moments, **columns},
        units={"juld": "seconds since 1970-01-01"},
        dimension="obs",
    )
    with netCDF4.Dataset(path, "a") as file:
        for name in ("juld", "juld_qc"):
            file[name].standard_name = "time"

    assert mission(read(path))["start_at"] == "2020-09-13T12:26:40.000Z"
