"""The same mission in other units, packings, calendars and conventions: its figures do not change."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import cftime
import gsw
import netCDF4
import numpy as np
import pytest

from app.ingest.reports import Report
from tests.made_files import rows, time_series

Read = Callable[..., Report]
FIGURES = ("samples", "profiles", "distance_m", "max_depth_m", "vertical_m", "start_at", "end_at", "bbox")
SOUND = {
    "samples": 24,
    "profiles": 4,
    "distance_m": pytest.approx(1895.9, rel=1e-3),
    "max_depth_m": pytest.approx(50.0, rel=1e-5),
    "vertical_m": pytest.approx(200.0, rel=1e-5),
    "start_at": "2020-09-13T12:26:40.000Z",
    "end_at": "2020-09-13T12:49:40.000Z",
    "bbox": pytest.approx([15.5, 55.5, 15.53, 55.5], abs=1e-4),
}


def figures(report: Report) -> dict[str, Any]:
    """Return the figures of a stored file."""
    assert report.outcome == "stored", report.reason
    return {name: report.mission[name] for name in FIGURES}


def warnings(report: Report) -> dict[str, int]:
    """Return the counts of the warnings, by code."""
    return {warning["code"]: warning["count"] for warning in report.mission["warnings"]}


def with_attributes(path: Path, name: str, values: Any, dtype: str, attributes: Mapping[str, Any]) -> Path:
    """Add a variable along time with attributes as they are, without a fill value unless the attributes have one."""
    with netCDF4.Dataset(path, "a") as file:
        others = {key: value for key, value in attributes.items() if key != "_FillValue"}
        variable = file.createVariable(name, dtype, ("time",), fill_value=attributes.get("_FillValue", False))
        variable.setncatts(others)
        variable.set_auto_maskandscale(False)
        variable[:] = values
    return path


def without(name: str) -> dict[str, Any]:
    """Return the columns of a sound file without one of them."""
    return {key: values for key, values in rows().items() if key != name}


@pytest.mark.parametrize(
    ("unit", "a_metre"),
    [
        *(
            ("m", 1.0),
            ("Meters", 1.0),
            ("metre", 1.0),
            ("km", 1e-3),
            ("cm", 100.0),
            ("10 m", 0.1),
            ("millimeters", 1e3),
        ),
        *(("ft", 1 / 0.3048), ("feet", 1 / 0.3048), ("fathoms", 1 / 1.8288), ("decimetres", 10.0), ("dm", 10.0)),
    ],
)
def test_depths_in_any_unit_of_length_are_metres(tmp_path: Path, read: Read, unit: str, a_metre: float) -> None:
    columns = {**rows(), "depth": rows()["depth"] * a_metre}

    report = read(time_series(tmp_path / "a.nc", columns, units={"depth": unit}))

    assert (figures(report), warnings(report)) == (SOUND, {})


@pytest.mark.parametrize("unit", ["furlong", "counts", "degree_C", "MBAR", "m s-1"])
def test_a_depth_in_an_unknown_unit_is_unknown(tmp_path: Path, read: Read, unit: str) -> None:
    report = read(time_series(tmp_path / "a.nc", units={"depth": unit}))

    assert (report.mission["max_depth_m"], report.mission["distance_m"]) == (None, None)
    assert "distance unknown" in report.line()
    assert warnings(report) == {"depth_unit_unknown": 24, "depth_missing": 24, "profile_missing": 24}


@pytest.mark.parametrize(
    ("name", "attributes", "sign"),
    [
        ("altitude", {"units": "m"}, -1),
        ("z", {"units": "m", "standard_name": "height"}, -1),
        ("z", {"units": "m", "axis": "Z", "positive": "up"}, -1),
        ("depth", {"units": "m", "positive": "up"}, -1),
        ("z", {"units": "m", "axis": "Z", "positive": "down"}, 1),
        ("ctd_depth", {"units": "m", "standard_name": "depth"}, 1),
    ],
)
def test_the_vertical_axis_is_identified_by_its_attributes(
    tmp_path: Path, read: Read, name: str, attributes: dict[str, str], sign: int
) -> None:
    path = time_series(tmp_path / "a.nc", without("depth"))

    report = read(with_attributes(path, name, sign * rows()["depth"], "f8", attributes))

    assert (figures(report), warnings(report)) == (SOUND, {})


def test_a_height_above_the_sea_floor_is_no_depth(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc", without("depth"))

    report = read(with_attributes(path, "altitude", 60 - rows()["depth"], "f4", {"units": "m"}))

    assert report.mission["max_depth_m"] is None
    assert warnings(report)["depth_missing"] == 24


@pytest.mark.parametrize(
    ("unit", "a_decibar"),
    [
        *(("dbar", 1.0), ("decibars", 1.0), ("DBAR", 1.0), ("MPa", 0.01), ("kPa", 10.0), ("Pa", 1e4), ("hPa", 100.0)),
        *(("bar", 0.1), ("mbar", 100.0), ("psi", 1.4503773773), ("1e4 Pa", 1.0)),
    ],
)
def test_depth_comes_from_pressure_in_any_unit(tmp_path: Path, read: Read, unit: str, a_decibar: float) -> None:
    columns = {**without("depth"), "pressure": rows()["depth"] * a_decibar}

    report = read(time_series(tmp_path / "a.nc", columns, units={"pressure": unit}))

    assert report.mission["max_depth_m"] == pytest.approx(-gsw.z_from_p(50.0, 55.5), rel=1e-6)
    assert warnings(report) == {"depth_from_pressure": 24}


@pytest.mark.parametrize(
    ("unit", "calendar"),
    [
        ("seconds since 1970-01-01 00:00:00 0:00", "gregorian"),
        ("seconds since 1970-01-01 00:00:00 -0:00", ""),
        ("seconds since 1970-01-01T00:00:00.0 +0", ""),
        ("seconds since 1970-01-01 00:00 UTC  ", "standard"),
        ("sec since 19700101", "standard"),
        ("days since 0001-01-01", "standard"),
        ("days since 0001-01-01 00:00:00", "proleptic_gregorian"),
        ("hours since 1582-10-04", "standard"),
        ("days since 1950-01-01", "julian"),
        ("milliseconds since 1970-1-1", "standard"),
        ("microsec since 2000-01-01", "standard"),
    ],
)
def test_times_are_those_of_cftime(tmp_path: Path, read: Read, unit: str, calendar: str) -> None:
    name, _, reference = unit.partition(" since ")
    plain = {"sec": "seconds", "microsec": "microseconds"}.get(name, name)
    since = {"19700101": "1970-01-01", "1970-1-1": "1970-01-01"}.get(reference, reference[:10])
    moments = [
        cftime.datetime(2020, 9, 13, 12, 26, 40, calendar="standard").change_calendar(calendar or "standard")
        + timedelta(minutes=minute)
        for minute in range(24)
    ]
    counted = cftime.date2num(moments, f"{plain} since {since}", calendar=calendar or "standard")
    path = time_series(tmp_path / "a.nc", {**without("time")})

    attributes = {"units": unit, **({"calendar": calendar} if calendar else {})}
    report = read(with_attributes(path, "time", np.asarray(counted, dtype=np.float64), "f8", attributes))

    assert (figures(report), warnings(report)) == (SOUND, {})


@pytest.mark.parametrize(("zone", "hours"), [("+2:00", 2), ("+0200", 2), ("2:00", 2), ("-9:30", -9.5), ("+02", 2)])
def test_the_zone_of_the_reference_shifts_times(tmp_path: Path, read: Read, zone: str, hours: float) -> None:
    columns = {**rows(), "time": rows()["time"] + 3600 * hours}

    report = read(time_series(tmp_path / "a.nc", columns, units={"time": f"seconds since 1970-01-01 00:00:00 {zone}"}))

    assert figures(report) == SOUND


@pytest.mark.parametrize("bad_s", [9.467e8, 3.2e8, 2.147e9, -1.0, 1.6e9 - 1024 * 7 * 86_400, 4.3e9])
@pytest.mark.parametrize("row", [0, 23])
def test_one_bad_time_does_not_set_the_span(tmp_path: Path, read: Read, bad_s: float, row: int) -> None:
    columns = {name: np.append(values, values[row]) for name, values in rows().items()}
    columns["time"][-1] = bad_s

    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {"time_out_of_range": 1}
    assert figures(report) == {**SOUND, "samples": 25}


def test_a_file_whose_gps_weeks_began_again_is_refused_by_name(tmp_path: Path, read: Read) -> None:
    columns = {**rows(), "time": rows()["time"] - 1024 * 7 * 86_400}

    report = read(time_series(tmp_path / "a.nc", columns), HALOCLINE_ACCEPT_FROM="2000-01-01")

    assert (report.outcome, report.reason_code) == ("refused", "time_out_of_range")
    assert "1024 weeks" in str(report.reason)


def test_a_mission_with_a_long_pause_is_whole(tmp_path: Path, read: Read) -> None:
    columns = rows()
    columns["time"][12:] += 60 * 86_400

    report = read(time_series(tmp_path / "a.nc", columns))

    assert (report.mission["profiles"], warnings(report)) == (4, {})
    assert report.mission["end_at"] == "2020-11-12T12:49:40.000Z"


@pytest.mark.parametrize(
    ("dtype", "values", "attributes"),
    [
        ("i2", lambda depth: depth * 100, {"scale_factor": 0.01}),
        ("i2", lambda depth: (depth * 1000).astype("u2").view("i2"), {"scale_factor": 0.001, "_Unsigned": "true"}),
        ("i1", lambda depth: (depth * 4).astype("u1").view("i1"), {"scale_factor": 0.25, "_Unsigned": "TRUE"}),
        ("u1", lambda depth: (depth - 50).astype("i1").view("u1"), {"add_offset": 50.0, "_Unsigned": "false"}),
        ("i4", lambda depth: depth * 10 - 200, {"scale_factor": 0.1, "add_offset": 20.0, "valid_range": [-200, 300]}),
        ("f4", lambda depth: depth, {"valid_min": np.float32(0), "valid_max": np.float32(50)}),
    ],
)
def test_packed_depths_are_unpacked(
    tmp_path: Path, read: Read, dtype: str, values: Callable[[Any], Any], attributes: dict[str, Any]
) -> None:
    path = time_series(tmp_path / "a.nc", without("depth"))

    report = read(with_attributes(path, "depth", values(rows()["depth"]), dtype, {"units": "m", **attributes}))

    assert (figures(report), warnings(report)) == (SOUND, {})


@pytest.mark.parametrize(
    ("fill", "attributes", "expected"),
    [
        (-999.9, {"missing_value": -999.9}, {}),
        (-999.0, {"_FillValue": np.float32(-1), "missing_value": np.float32(-999)}, {}),
        (9999.0, {"missing_value": "9999"}, {}),
        (-999.0, {}, {"fill_undeclared": 2}),
        (9999.0, {}, {"fill_undeclared": 2}),
        (-99999.0, {}, {"fill_undeclared": 2}),
        (1e20, {}, {"value_invalid": 2}),
        (55.0, {"valid_max": np.float32(40)}, {"value_out_of_range": 2}),
        (55.0, {"valid_range": np.array([-5, 40], dtype="f4")}, {"value_out_of_range": 2}),
    ],
)
def test_fill_values_of_measurements_are_missing(
    tmp_path: Path, tools: Any, read: Read, fill: float, attributes: dict[str, Any], expected: dict[str, int]
) -> None:
    salinity = np.linspace(7, 8, 24)
    salinity[[3, 4]] = fill
    path = with_attributes(time_series(tmp_path / "a.nc"), "salinity", salinity, "f4", attributes)

    report = read(path)

    assert warnings(report) == expected
    column = next(c for c in tools.reader.read(path, tools.limits).columns if c.about.name == "salinity")
    assert np.flatnonzero(np.isnan(column.values)).tolist() == [3, 4]


def test_a_range_that_most_values_contradict_is_ignored(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")

    report = read(with_attributes(path, "salinity", np.linspace(7, 8, 24), "f4", {"valid_max": np.float32(1)}))

    assert warnings(report) == {"valid_range_ignored": 24}


def test_a_declared_limit_may_be_beyond_the_type_of_its_variable(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")

    report = read(with_attributes(path, "salinity", np.linspace(7, 8, 24), "f4", {"valid_max": 1e39}))

    assert warnings(report) == {}


def test_noise_at_the_end_of_a_declared_range_is_kept(tmp_path: Path, read: Read) -> None:
    pressure = rows()["depth"] - 0.2
    path = time_series(tmp_path / "a.nc")

    attributes = {"units": "dbar", "valid_min": np.float32(0), "valid_max": np.float32(2000)}
    report = read(with_attributes(path, "pressure", pressure, "f4", attributes))

    assert warnings(report) == {}


def test_a_measurement_that_looks_like_a_fill_value_is_kept(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")

    report = read(with_attributes(path, "pulses", np.arange(990, 1014), "i4", {}))

    assert warnings(report) == {}


def test_an_outlier_across_180_degrees_is_set_aside(tmp_path: Path, read: Read) -> None:
    columns = rows(lon=179.995, lat=-17.0)
    sound = figures(read(time_series(tmp_path / "a.nc", columns)))
    columns["longitude"][2] = 0.5

    report = read(time_series(tmp_path / "b.nc", columns))

    assert warnings(report) == {"position_outlier": 1}
    assert figures(report)["bbox"] == pytest.approx(sound["bbox"])
    assert figures(report)["distance_m"] == pytest.approx(sound["distance_m"], rel=1e-6)


def test_turning_points_separate_dives_and_leave_the_surface_out(tmp_path: Path, read: Read) -> None:
    dive = np.concatenate((np.arange(0, 50, 5.0), np.arange(50, 0, -5.0), np.zeros(12)))
    depth = np.tile(dive, 3) + np.tile([0.0, 0.3], 48)
    count = depth.size
    columns = {
        "time": 1.6e9 + 30.0 * np.arange(count),
        "longitude": 15.5 + 0.001 * np.arange(count),
        "latitude": np.full(count, 55.5),
        "depth": depth,
    }

    report = read(time_series(tmp_path / "a.nc", columns))

    assert warnings(report) == {"profile_number_missing": count}
    assert (report.mission["profiles"], report.mission["max_depth_m"]) == (6, 50.0)
