"""Sampling geometries: arrays of profiles, ragged arrays, several trajectories; and what of a file is not imported."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.interpret.identity import Options
from app.ingest.reports import Report
from tests.made_files import SAMPLES_A_PROFILE, csv_file, rows, table, time_series

Read = Callable[..., Report]
SINCE = "seconds since 1970-01-01T00:00:00Z"
NAMED = Options("made", "m1")


def stored(report: Report) -> dict[str, Any]:
    """Return the mission of a stored file."""
    assert report.outcome == "stored", report.reason
    assert report.mission is not None
    return report.mission


def profile_rows(per_profile: dict[str, Any], file: netCDF4.Dataset) -> None:
    """Write the coordinates of four profiles along their dimension."""
    for name, values in per_profile.items():
        variable = file.createVariable(name, "f8", ("profile",))
        variable[:] = values
        if name == "time":
            variable.units = SINCE


@pytest.fixture
def ragged(tmp_path: Path) -> Callable[..., Path]:
    """Write profiles as a ragged array, contiguous or indexed, with coordinates of each profile."""

    def write(indexed: bool = False, sizes: tuple[int, ...] = (6, 6, 6, 6)) -> Path:
        whole = rows()
        firsts = np.arange(4) * SAMPLES_A_PROFILE
        path = tmp_path / "ragged.nc"
        with netCDF4.Dataset(path, "w") as file:
            file.id = "made-20200913T1226"
            file.createDimension("profile", 4)
            file.createDimension("obs", 24)
            profile_rows(
                {"time": whole["time"][firsts], "lat": whole["latitude"][firsts], "lon": whole["longitude"][firsts]},
                file,
            )
            for name in ("depth", "temperature"):
                file.createVariable(name, "f8", ("obs",))[:] = whole[name]
            if indexed:
                index = file.createVariable("profileIndex", "i4", ("obs",))
                index.instance_dimension = "profile"
                index[:] = np.repeat(np.arange(4), SAMPLES_A_PROFILE)
            else:
                size = file.createVariable("rowSize", "i4", ("profile",))
                size.sample_dimension = "obs"
                size[:] = sizes
        return path

    return write


def test_a_ragged_array_of_the_profiles_of_one_trajectory_is_read(read: Read, ragged: Callable[..., Path]) -> None:
    path = ragged()
    with netCDF4.Dataset(path, "a") as file:
        file.delncattr("id")
        file.featureType = "TrajectoryProfile"
        file.createDimension("trajectory", 1)
        names = file.createVariable("trajectory", str, ("trajectory",))
        names.cf_role = "trajectory_id"
        names[:] = np.array(["sp7-20200913T1226"], dtype=object)
        index = file.createVariable("trajectoryIndex", "i4", ("profile",))
        index.instance_dimension = "trajectory"
        index[:] = 0

    mission = stored(read(path))

    assert (mission["platform"], mission["samples"], mission["profiles"]) == ("sp7", 24, 4)


@pytest.mark.parametrize("owners", [(0, 0, 1, 1), (1, 0, 0, 1)])
@pytest.mark.parametrize("indexed", [False, True])
def test_a_ragged_array_of_the_profiles_of_several_trajectories_is_several_missions(
    tools: ImportContext, ragged: Callable[..., Path], indexed: bool, owners: tuple[int, ...]
) -> None:
    path = ragged(indexed)
    with netCDF4.Dataset(path, "a") as file:
        file.delncattr("id")
        file.featureType = "TrajectoryProfile"
        file.createDimension("trajectory", 2)
        for name, texts in (
            ("trajectory", ["sp7-20200913T1226", "sp8-20200913T1226"]),
            ("wmo_id", ["1234567", "7654321"]),
        ):
            variable = file.createVariable(name, str, ("trajectory",))
            variable[:] = np.array(texts, dtype=object)
        file["trajectory"].cf_role = "trajectory_id"
        index = file.createVariable("trajectoryIndex", "i4", ("profile",))
        index.instance_dimension = "trajectory"
        index[:] = owners

    missions = [stored(report) for report in importer.dry([path], tools)]

    assert [(each["platform"], each["samples"], each["profiles"]) for each in missions] == [
        ("sp7", 12, 2),
        ("sp8", 12, 2),
    ]
    first = rows()["longitude"][owners.index(0) * SAMPLES_A_PROFILE]
    assert missions[0]["bbox"][0] == pytest.approx(first)


def test_a_trajectory_of_profiles_that_the_file_lacks_is_refused(read: Read, ragged: Callable[..., Path]) -> None:
    path = ragged()
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("trajectory", 2)
        names = file.createVariable("trajectory", str, ("trajectory",))
        names.cf_role = "trajectory_id"
        names[:] = np.array(["sp7-20200913T1226", "sp8-20200913T1226"], dtype=object)

    report = read(path)

    assert (report.outcome, report.reason_code) == ("refused", "several_missions")
    assert "sp7-20200913T1226, sp8-20200913T1226" in str(report.reason)


@pytest.mark.parametrize("indexed", [False, True])
def test_a_ragged_array_of_profiles_is_read(read: Read, ragged: Callable[..., Path], indexed: bool) -> None:
    mission = stored(read(ragged(indexed)))

    assert (mission["samples"], mission["profiles"], mission["max_depth_m"]) == (24, 4, 50)
    assert mission["bbox"] == pytest.approx([15.5, 55.5, 15.53, 55.5])


def test_a_ragged_array_whose_sizes_do_not_fit_is_refused(read: Read, ragged: Callable[..., Path]) -> None:
    report = read(ragged(sizes=(6, 6, 6, 7)))

    assert (report.outcome, report.reason_code) == ("refused", "unreadable")
    assert "25, not to 24" in str(report.reason)


@pytest.mark.parametrize("vertical", ["depth", "pressure"])
def test_profiles_by_levels_are_read(tmp_path: Path, read: Read, vertical: str) -> None:
    whole = rows()
    path = tmp_path / "stack.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.id = "made-20200913T1226"
        file.createDimension("profile", 4)
        file.createDimension("level", SAMPLES_A_PROFILE + 1)
        firsts = np.arange(4) * SAMPLES_A_PROFILE
        profile_rows(
            {"time": whole["time"][firsts], "lat": whole["latitude"][firsts], "lon": whole["longitude"][firsts]}, file
        )
        for name in (vertical, "temperature"):
            levels = file.createVariable(name, "f8", ("profile", "level"), fill_value=-999.0)
            levels[:, :-1] = whole["depth" if name == vertical else name].reshape(4, -1)
            levels.units = {"depth": "m", "pressure": "dbar"}.get(name, "Celsius")

    mission = stored(read(path))

    assert (mission["samples"], mission["profiles"]) == (24, 4)
    assert mission["max_depth_m"] == pytest.approx(50, rel=0.02)


@pytest.mark.parametrize("time_by_level", [False, True])
def test_an_array_of_one_trajectory_by_profiles_and_levels_is_read(
    tmp_path: Path, read: Read, time_by_level: bool
) -> None:
    whole = {name: values.reshape(1, 4, SAMPLES_A_PROFILE) for name, values in rows().items()}
    path = tmp_path / "cube.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.featureType = "TrajectoryProfile"
        for name, length in (("trajectory", 1), ("profile", 4), ("obs", SAMPLES_A_PROFILE)):
            file.createDimension(name, length)
        names = file.createVariable("trajectory", str, ("trajectory",))
        names.cf_role = "trajectory_id"
        names[:] = np.array(["made-20200913T1226"], dtype=object)
        for name in ("time", "latitude", "longitude"):
            if time_by_level:
                file.createVariable(name, "f8", ("trajectory", "profile", "obs"))[:] = whole[name]
            else:
                file.createVariable(name, "f8", ("trajectory", "profile"))[:] = whole[name][:, :, 0]
        for name in ("depth", "temperature"):
            file.createVariable(name, "f8", ("trajectory", "profile", "obs"))[:] = whole[name]
        file["time"].units = SINCE
        file["depth"].units = "m"

    mission = stored(read(path))

    assert (mission["platform"], mission["samples"], mission["profiles"]) == ("made", 24, 4)


def several(path: Path, names: list[str], rows_of_each: int) -> Path:
    """Write a time series whose rows belong to trajectories."""
    time_series(path)
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("length", 20)
        texts = np.array([name for name in names for _ in range(rows_of_each)], dtype="S20")
        file.createVariable("trajectory", "S1", ("time", "length"))[:] = netCDF4.stringtochar(texts)
    return path


def test_a_file_of_several_trajectories_is_refused_with_their_names(tmp_path: Path, read: Read) -> None:
    report = read(several(tmp_path / "a.nc", ["a-20200913T1226", "b-20200913T1226"], 12))

    assert (report.outcome, report.reason_code) == ("refused", "several_missions")
    assert "a-20200913T1226, b-20200913T1226" in str(report.reason)


@pytest.mark.parametrize("column", ["trajectory", "mission", "platform"])
def test_a_table_of_several_missions_is_refused(tmp_path: Path, read: Read, column: str) -> None:
    cells = table({**rows(), column: [*["20200913"] * 12, *["20200914"] * 12]})

    report = read(csv_file(tmp_path / "a.csv", cells), NAMED)

    assert report.reason_code == "several_missions"
    assert column in str(report.reason)


def test_columns_of_platform_and_mission_identify_the_mission(tmp_path: Path, read: Read) -> None:
    columns = {"platform": ["sea077"] * 24, "mission": ["20200913T1226"] * 24, "data_mode": ["D"] * 24}

    mission = stored(read(csv_file(tmp_path / "a.csv", table({**rows(), **columns}))))

    assert (mission["platform"], mission["mission"], mission["data_mode"]) == ("sea077", "20200913T1226", "D")


def test_an_array_of_trajectories_by_samples_is_refused_with_their_names(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("trajectory", 2)
        file.createDimension("obs", 24)
        names = file.createVariable("name", str, ("trajectory",))
        names.cf_role = "trajectory_id"
        names[:] = np.array(["a-20200913T1226", "b-20200913T1226"], dtype=object)
        for name in ("time", "latitude", "longitude", "depth"):
            file.createVariable(name, "f8", ("trajectory", "obs"))[:] = np.stack([rows()[name]] * 2)
        file["time"].units = SINCE

    report = read(path)

    assert (report.outcome, report.reason_code) == ("refused", "several_missions")
    assert "a-20200913T1226, b-20200913T1226" in str(report.reason)


def test_a_trajectory_that_each_row_names_is_that_of_the_file(tmp_path: Path, read: Read) -> None:
    path = several(tmp_path / "a.nc", ["sp7-20200913T1226-delayed"[:20]], 24)
    with netCDF4.Dataset(path, "a") as file:
        file.delncattr("id")

    assert stored(read(path))["platform"] == "sp7"


def test_the_time_and_position_of_a_sample_have_precedence_over_those_of_its_profile(
    tmp_path: Path, read: Read
) -> None:
    whole = rows()
    columns = {
        "time": whole["time"].reshape(4, -1)[:, 0].repeat(SAMPLES_A_PROFILE),
        "latitude": whole["latitude"],
        "longitude": np.full(24, 15.5),
        "precise_lat": whole["latitude"],
        "precise_lon": whole["longitude"],
        "depth": whole["depth"],
        "profile_id": whole["profile_index"],
    }
    cells = table(columns)
    times = [row[0] for row in table(whole)]
    cells = [[*row, "precise_time (UTC)" if i == 0 else times[i]] for i, row in enumerate(cells)]
    cells[3][-1] = "NaN"

    mission = stored(read(csv_file(tmp_path / "a.csv", cells), NAMED))

    assert (mission["start_at"], mission["end_at"]) == ("2020-09-13T12:26:40.000Z", "2020-09-13T12:49:40.000Z")
    assert mission["bbox"] == pytest.approx([15.5, 55.5, 15.53, 55.5])


def test_every_variable_that_is_not_imported_is_named_with_its_reason(tmp_path: Path, read: Read) -> None:
    path = time_series(tmp_path / "a.nc")
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("bin", 3)
        file.createVariable("calibration", "f8", ("bin",))[:] = 1
        file.createVariable("instrument_ctd", "i4")
        file.createVariable("turbidity_qc", "i1", ("time",))[:] = 1
        file.createVariable("empty", "f8", ("time",))[:] = np.nan

    report = read(path)

    unread = {variable["name"]: variable["reason"] for variable in stored(report)["unread_variables"]}
    assert sorted(unread) == ["calibration", "empty", "instrument_ctd", "turbidity_qc"]
    assert "(bin)" in unread["calibration"]
    assert "flags" in unread["turbidity_qc"]
    assert "not imported: calibration, empty, instrument_ctd and 1 more" in report.line()


def test_a_file_of_which_all_is_imported_names_no_variable(tmp_path: Path, read: Read) -> None:
    report = read(time_series(tmp_path / "a.nc"))

    assert stored(report)["unread_variables"] == []
    assert "not imported" not in report.line()


@pytest.mark.parametrize(
    ("name", "samples", "profiles", "depth_m", "distance_m"),
    [
        ("stack-profiles-x-levels.nc", 240, 6, 100.0, 7908.2),
        ("grid-over-pressure.nc", 6, 6, 99.5, 7908.2),
        ("trajectory-1-x-obs.nc", 255, 6, 100.0, 7908.2),
        ("precise-time.csv", 240, 6, 100.0, 7908.2),
        ("gzip.nc.gz", 255, 6, 100.0, 7908.2),
    ],
)
def test_case_files_of_other_geometries_are_read(
    test_data: Path, read: Read, name: str, samples: int, profiles: int, depth_m: float, distance_m: float
) -> None:
    mission = stored(read(test_data / "cases" / name))

    assert (mission["samples"], mission["profiles"]) == (samples, profiles)
    # A depth from pressure is about 1 % less than the pressure in dbar.
    assert mission["max_depth_m"] == pytest.approx(depth_m, rel=0.012)
    assert mission["distance_m"] == pytest.approx(distance_m, rel=1e-3)


def test_the_case_file_with_precise_times_has_their_span(test_data: Path, read: Read) -> None:
    mission = stored(read(test_data / "cases" / "precise-time.csv"))

    assert (mission["start_at"], mission["end_at"]) == ("2023-06-01T00:00:00.000Z", "2023-06-01T02:04:30.000Z")


def test_a_case_file_whose_rows_name_two_trajectories_is_refused(test_data: Path, read: Read) -> None:
    assert read(test_data / "cases" / "two-trajectories-flat.nc").reason_code == "several_missions"


def test_a_case_file_with_two_trajectories_in_a_ragged_array_is_two_missions(
    test_data: Path, tools: ImportContext
) -> None:
    reports = importer.dry([test_data / "cases" / "ragged-two-trajectories.nc"], tools)

    missions = [stored(report) for report in reports]
    assert [(each["platform"], each["samples"]) for each in missions] == [("a", 100), ("b", 155)]


@pytest.mark.parametrize(("options", "word"), [(Options("x"), "--platform"), (Options(None, "m1"), "--mission")])
def test_one_name_for_several_trajectories_is_refused(
    test_data: Path, tools: ImportContext, options: Options, word: str
) -> None:
    path = test_data / "cases" / "ragged-two-trajectories.nc"

    (report,) = importer.dry([path], replace(tools, options=options))

    assert report.reason_code == "several_missions"
    assert word in str(report.reason)
