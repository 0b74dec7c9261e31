"""Invalid files: each is refused with one line that contains the file, the variable and the cause."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.ingest.formats.mission_limits import MAX_PROFILES
from app.ingest.reports import Report
from tests.made_files import profile_file, rows, time_series

Read = Callable[..., Report]


def without(*names: str) -> dict[str, Any]:
    """Return the columns of a sound file without these."""
    return {name: values for name, values in rows().items() if name not in names}


def refused(report: Report, code: str, *words: str) -> None:
    """Assert that the file is refused with this code, and that the reason is one line with these words."""
    assert (report.outcome, report.reason_code, report.mission) == ("refused", code, None)
    assert report.reason is not None
    assert "\n" not in report.reason
    assert [word for word in words if word not in report.reason] == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "html_page"),
        (b"\n  <HTML><head><title>Login</title></head></HTML>", "html_page"),
        (b"just some text", "unknown_format"),
        (bytes(range(256)), "unknown_format"),
        (b"\x89HDF\r\n\x1a\n", "truncated"),
        (b"CDF\x01\x00\x00", "truncated"),
        (b"CDF\x02" + b"\xff" * 64, "truncated"),
        (b'[{"deployment": "x"}]', "not_observations"),
        (b'{"table": "none"}', "not_observations"),
        (b"name,depth\nx,3\n", "unknown_format"),
    ],
)
def test_a_file_without_a_valid_format_is_refused(tmp_path: Path, read: Read, content: bytes, code: str) -> None:
    path = tmp_path / "download.nc"
    path.write_bytes(content)

    refused(read(path), code, "download.nc")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("layout", ["NETCDF4", "NETCDF3_CLASSIC"])
def test_a_truncated_file_is_refused(tmp_path: Path, read: Read, share: float, layout: Any) -> None:
    complete = time_series(tmp_path / "complete.nc", rows(profiles=400))
    copy = tmp_path / "copy.nc"
    with netCDF4.Dataset(complete) as source, netCDF4.Dataset(copy, "w", format=layout) as target:
        target.createDimension("time", len(source.dimensions["time"]))
        for name, variable in source.variables.items():
            target.createVariable(name, "f8", ("time",))[:] = variable[:]
            target.variables[name].setncatts({a: variable.getncattr(a) for a in variable.ncattrs() if a == "units"})
        target.id = source.id
    data = copy.read_bytes()
    path = tmp_path / "cut.nc"
    path.write_bytes(data[: int(len(data) * share)])

    refused(read(path), "truncated", "cut.nc")


@pytest.mark.parametrize(
    ("missing", "code", "word"),
    [
        (("time",), "no_time", "time"),
        (("latitude",), "no_valid_position", "latitude"),
        (("longitude",), "no_valid_position", "longitude"),
        (("time", "latitude", "longitude"), "not_observations", "position"),
    ],
)
def test_a_file_without_time_or_position_is_refused(
    tmp_path: Path, read: Read, missing: tuple[str, ...], code: str, word: str
) -> None:
    refused(read(time_series(tmp_path / "part.nc", without(*missing))), code, "part.nc", word)


@pytest.mark.parametrize(
    ("name", "values", "code", "words"),
    [
        ("time", np.nan, "no_time", ["time"]),
        ("latitude", np.nan, "no_valid_position", ["latitude", "without a value"]),
        ("latitude", 4838.49, "position_not_degrees", ["latitude", "4838.49"]),
        ("longitude", -12330.7, "position_not_degrees", ["longitude", "-12330.7"]),
        ("time", 4.0e9, "time_out_of_range", ["time", "2096"]),
        ("time", 1000.0, "time_out_of_range", ["time", "1970"]),
        ("time", 1e300, "no_time", ["time"]),
    ],
)
def test_a_column_of_impossible_values_is_refused(
    tmp_path: Path, read: Read, name: str, values: float, code: str, words: list[str]
) -> None:
    columns = {**rows(), name: np.full(24, values)}

    refused(read(time_series(tmp_path / "odd.nc", columns)), code, "odd.nc", *words)


def test_a_file_with_all_positions_at_the_origin_is_refused(tmp_path: Path, read: Read) -> None:
    columns = {**rows(), "latitude": np.zeros(24), "longitude": np.zeros(24)}

    refused(read(time_series(tmp_path / "origin.nc", columns)), "no_valid_position", "24 at 0, 0")


def test_a_file_of_nan_only_is_refused(tmp_path: Path, read: Read) -> None:
    columns = {name: np.full(24, np.nan) for name in rows()}

    refused(read(time_series(tmp_path / "nan.nc", columns)), "no_time", "time")


def test_a_file_without_rows_is_refused(tmp_path: Path, read: Read) -> None:
    columns = {name: values[:0] for name, values in rows().items()}

    refused(read(time_series(tmp_path / "short.nc", columns)), "no_samples", "short.nc")


@pytest.mark.parametrize(
    "units",
    [
        "seconds",
        "parsecs since 1970-01-01",
        "months since 1970-01-01",
        "seconds since the war",
        "",
        "s since " + "1" * 99,
    ],
)
def test_times_without_a_reference_time_are_refused(tmp_path: Path, read: Read, units: str) -> None:
    refused(read(time_series(tmp_path / "when.nc", units={"time": units})), "no_time", "time", "units")


@pytest.mark.parametrize(
    ("units", "divisor", "offset"),
    [
        ("seconds since 1970-1-1 0:0:0", 1, 0),
        ("Seconds Since 1970-01-01", 1, 0),
        ("hours since 1900-01-01 00:00:0.0", 3600, 613_608),
        ("DAYS  since 1950-01-01t0:0", 86_400, 7305),
    ],
)
def test_common_units_of_time_are_read(tmp_path: Path, read: Read, units: str, divisor: int, offset: int) -> None:
    columns = rows()
    columns["time"] = columns["time"] / divisor + offset

    report = read(time_series(tmp_path / "a.nc", columns, units={"time": units}))

    assert report.mission is not None
    assert report.mission["start_at"] == "2020-09-13T12:26:40.000Z"


def test_a_small_file_that_declares_billions_of_rows_is_refused(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "vast.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", 4_000_000_000)
        for name in ("time", "latitude", "longitude"):
            file.createVariable(name, "f8", ("time",), chunksizes=(1_000_000,))

    assert path.stat().st_size < 100_000
    refused(read(path), "too_large", "4000000000")


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "large.nc")

    refused(read(path, HALOCLINE_MAX_FILE_BYTES=1024), "too_large", "large.nc", "1024")


def test_a_file_without_identity_is_refused(tmp_path: Path, read: Read) -> None:
    refused(read(time_series(tmp_path / "unnamed.nc", attributes={"id": "a glider"})), "no_mission", "--mission")


@pytest.mark.parametrize("number", [0.0, -5.0, np.nan, 1.5, 2.0**53, 1e300, np.int64(2**63 - 1)])
def test_a_profile_file_without_a_usable_number_is_refused(tmp_path: Path, read: Read, number: Any) -> None:
    path = profile_file(tmp_path / "odd.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.renameVariable("profile_id", "original_profile_id")
        file.createVariable("profile_id", np.asarray(number).dtype)[...] = number

    refused(read(path), "not_profiles", "profile_id")


def test_a_profile_file_without_any_depth_is_refused(tmp_path: Path, read: Read) -> None:
    refused(read(profile_file(tmp_path / "flat.nc", depth=np.full(6, np.nan))), "not_profiles", "depth")


def test_a_file_with_more_rows_than_the_limit_is_refused(tmp_path: Path, read: Read) -> None:
    assert read(time_series(tmp_path / "a.nc"), HALOCLINE_MAX_SAMPLES=24).outcome == "stored"
    refused(read(time_series(tmp_path / "a.nc"), HALOCLINE_MAX_SAMPLES=23), "too_large", "24 rows")


@pytest.mark.parametrize(("name", "code"), [("time", "no_time"), ("latitude", "no_valid_position")])
def test_coordinates_of_type_text_are_refused(tmp_path: Path, read: Read, name: str, code: str) -> None:
    path = time_series(tmp_path / "text.nc", without(name))
    with netCDF4.Dataset(path, "a") as file:
        file.createVariable(name, str, ("time",))[:] = np.array(["x"] * 24, dtype=object)

    refused(read(path), code, name, "not numbers")


def test_a_missing_file_is_refused(tmp_path: Path, read: Read) -> None:
    refused(read(tmp_path / "gone.nc"), "not_found", "gone.nc")


def test_a_file_of_too_many_profiles_is_refused(tmp_path: Path, read: Read) -> None:
    many = rows(profiles=MAX_PROFILES // 6 + 1)
    many["profile_index"] = np.arange(many["time"].size) + 1.0

    refused(read(time_series(tmp_path / "many.nc", many)), "too_large", "profiles")
