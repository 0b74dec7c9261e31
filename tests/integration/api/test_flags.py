"""Quality flags from a file to the API: stored, counted, left out by default, exported with `quality=all`."""

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.domain import columns
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.reports import Report
from app.ingest.verify import verification
from app.queries import clock
from tests import made_flags
from tests.conftest import Seed
from tests.made_files import profile_file, rows, time_series
from tests.made_flags import BAD, CONVENTIONS, GOOD, PROBABLY_GOOD, SUSPECT, UNCHECKED

Fetch = Callable[..., Any]
MISSION = "/api/v1/missions/made/20200913T1226"
JUDGED = {
    "temperature": [BAD, SUSPECT, PROBABLY_GOOD, UNCHECKED, *[GOOD] * 20],
    "depth": [GOOD] * 2 + [BAD] + [GOOD] * 21,
    "latitude": [GOOD] * 8 + [BAD] + [GOOD] * 15,
    "time": [GOOD] * 12 + [BAD] + [GOOD] * 11,
}
FIGURES = ("samples", "profiles", "distance_m", "max_depth_m", "vertical_m", "start_at", "end_at", "bbox", "quality")


def flagged_file(path: Path, convention: str = "OG1") -> Path:
    """Write a time series with wrong values, each with a flag, and other flags."""
    values = rows()
    values["temperature"][0], values["depth"][2], values["latitude"][8] = 99.0, 900.0, 56.5
    time_series(path, values)
    with netCDF4.Dataset(path, "a") as file:
        for variable, judgements in JUDGED.items():
            made_flags.add(file, variable, judgements, CONVENTIONS[convention])
    return path


@pytest.fixture
def flagged(blank_pictures: None, tools: ImportContext, seed: Seed, tmp_path: Path) -> Report:
    """The report of the import of such a file."""

    def run() -> Report:
        (report,) = importer.real([flagged_file(tmp_path / "a.nc")], tools)
        assert report.outcome == "stored", report.reason
        return report

    stored: Report = seed("flagged", run)
    return stored


@pytest.fixture
def fetch(flagged: Report, client: FlaskClient) -> Fetch:
    """A function that requests a part of the flagged mission."""
    return lambda part="", **query: client.get(MISSION + part, query_string=query, buffered=True)


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return [
        {name.partition(" (")[0]: cell for name, cell in row.items()} for row in csv.DictReader(StringIO(answer.text))
    ]


def saved(answer: Any, path: Path) -> Path:
    path.write_bytes(answer.data)
    return path


def test_the_mission_counts_its_flags(fetch: Fetch) -> None:
    counts = {each["variable"]: each for each in fetch().json["quality"]}

    assert set(counts) == {"time", "longitude", "latitude", "depth", "temperature"}
    assert counts["temperature"] == {
        "variable": "temperature",
        "values": 24,
        "good": 21,
        "left_out": 2,
        "flags": {"bad": 1, "probably_bad": 1, "probably_good": 1, "not_evaluated": 1, "good": 20},
    }


def test_csv_leaves_bad_values_out_by_default(fetch: Fetch) -> None:
    lines = table(fetch("/data"))

    assert [name for name in lines[0] if name.endswith("_qc")] == []
    by_time = {line["time"]: line for line in lines}
    first, third, ninth = (by_time[f"2020-09-13T12:{minute}:40.000Z"] for minute in (26, 28, 34))
    assert (first["temperature"], third["depth"], ninth["latitude"], ninth["longitude"]) == ("", "", "", "")
    assert [line["time"] for line in lines].count("") == 1


def test_csv_of_all_has_every_value_and_its_flag(fetch: Fetch) -> None:
    lines = sorted(table(fetch("/data", quality="all")), key=lambda line: line["time"])

    assert [float(lines[row][name]) for row, name in ((0, "temperature"), (2, "depth"), (8, "latitude"))] == [
        *(99.0, 900.0, 56.5)
    ]
    assert [line["temperature_qc"] for line in lines[:5]] == ["4", "3", "2", "0", "1"]
    flags = {
        name: lines[row][f"{name}_qc"] for row, name in ((2, "depth"), (8, "latitude"), (8, "longitude"), (12, "time"))
    }
    assert flags == dict.fromkeys(("depth", "latitude", "longitude", "time"), "4")
    assert "" not in {line["time"] for line in lines}


def test_netcdf_leaves_bad_values_out_by_default(fetch: Fetch, tmp_path: Path) -> None:
    with netCDF4.Dataset(saved(fetch("/data", format="netcdf"), tmp_path / "good.nc")) as file:
        masked = {
            name: np.flatnonzero(np.ma.getmaskarray(file[name][:])).tolist() for name in ("TIME", "DEPTH", "TEMP")
        }
        assert [name for name in file.variables if name.endswith("_QC")] == []
        assert "left out" in file.quality

    assert masked == {"TIME": [12], "DEPTH": [2], "TEMP": [0, 1]}


def test_netcdf_of_all_has_flags_with_their_meanings(fetch: Fetch, tmp_path: Path) -> None:
    answer = fetch("/data", format="netcdf", quality="all")
    with netCDF4.Dataset(saved(answer, tmp_path / "all.nc")) as file:
        flags = file["TEMP_QC"]
        assert file["TEMP"].ancillary_variables == "TEMP_QC"
        assert flags.dtype == np.dtype("i1")
        assert flags.standard_name == "status_flag"
        assert flags.flag_values.tolist() == [0, 1, 2, 3, 4, 5, 6, 8, 9]
        assert len(flags.flag_meanings.split()) == 9
        assert flags[:5].tolist() == [4, 3, 2, 0, 1]
        assert float(file["TEMP"][0]) == 99.0
        assert {name for name in file.variables if name.endswith("_QC")} == {
            *("TIME_QC", "LATITUDE_QC", "LONGITUDE_QC", "DEPTH_QC", "TEMP_QC")
        }
    assert int(answer.headers["Content-Length"]) == len(answer.data)


@pytest.mark.parametrize("form", ["netcdf", "csv"])
def test_the_import_of_an_export_of_all_gives_the_same_figures_and_flags(
    fetch: Fetch, flagged: Report, tools: ImportContext, tmp_path: Path, form: str
) -> None:
    path = saved(fetch("/data", format=form, quality="all"), tmp_path / f"all.{form}")
    own = replace(tools, options=replace(tools.options, platform="made", mission="20200913T1226"))

    (again,) = importer.dry([path], own)

    assert again.mission is not None, again.reason
    assert flagged.mission is not None
    assert {name: again.mission[name] for name in FIGURES} == {name: flagged.mission[name] for name in FIGURES}


def test_an_export_of_several_missions_has_their_flags(fetch: Fetch, client: FlaskClient, tmp_path: Path) -> None:
    query = {"platform": "made", "quality": "all"}
    lines = table(client.get("/api/v1/export", query_string=query, buffered=True))
    answer = client.get("/api/v1/export", query_string={**query, "format": "netcdf"}, buffered=True)

    assert sorted(line["temperature_qc"] for line in lines)[:2] == ["0", "1"]
    assert len(table(client.get("/api/v1/export", query_string={"platform": "made"}, buffered=True))) == 24
    with netCDF4.Dataset(saved(answer, tmp_path / "all.nc")) as file:
        assert file["TEMP_QC"][:5].tolist() == [4, 3, 2, 0, 1]


def test_the_samples_of_a_profile_follow_the_parameter(fetch: Fetch) -> None:
    good, everything = fetch("/profiles/1").json, fetch("/profiles/1", quality="all").json

    assert good["columns"]["temperature"]["values"][:2] == [None, None]
    assert good["columns"]["temperature"]["flags"] is None
    assert good["depth_m"][2] is None
    assert everything["columns"]["temperature"]["values"][0] == 99.0
    assert everything["columns"]["temperature"]["flags"] == [4, 3, 2, 0, 1, 1]
    assert everything["coordinate_flags"]["depth"] == [1, 1, 4, 1, 1, 1]


def test_sections_and_figures_leave_bad_values_out(fetch: Fetch) -> None:
    section = fetch("/sections/temperature").json

    # 9 and 10 degrees are flagged, or have no depth.
    assert section["range"][1] < 99
    assert section["count"] == 20
    assert fetch().json["max_depth_m"] == 50.0


def test_the_stored_mission_verifies(flagged: Report, db: Database[Any]) -> None:
    assert verification.verify(None, True, 1.0).differences == []


def test_a_wrong_count_of_flags_is_a_difference(flagged: Report, db: Database[Any]) -> None:
    db.missions.update_one({"platform": "made"}, {"$set": {"flags.0.counts.good": 7}})

    (difference,) = verification.verify(None, True, 1.0).differences

    assert difference.what.startswith("flags")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_recent_observations_follow_the_parameter(
    fetch: Fetch, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2020, 9, 14, tzinfo=UTC))

    def recent(quality: str) -> list[dict[str, Any]]:
        query = {"days": 2, "format": form, "quality": quality}
        answer = client.get("/api/v1/observations", query_string=query, buffered=True)
        if form == "csv":
            return table(answer)
        return [dict(zip(answer.json["columns"], row, strict=True)) for row in answer.json["rows"]]

    good, everything = recent("good"), recent("all")
    # One row has a bad time.
    assert (len(good), len(everything)) == (23, 24)
    assert not good[0]["temperature"]
    assert float(everything[0]["temperature"]) == 99.0
    flags = {name: str(value) for name, value in everything[0].items() if name.endswith("_qc")}
    assert flags == {"time_qc": "1", "longitude_qc": "1", "latitude_qc": "1", "depth_qc": "1", "temperature_qc": "4"}


@pytest.mark.parametrize("path", [f"{MISSION}/data", f"{MISSION}/profiles/1", "/api/v1/export", "/api/v1/observations"])
def test_an_unknown_quality_is_refused_by_name(fetch: Fetch, client: FlaskClient, path: str) -> None:
    answer = client.get(path, query_string={"quality": "best"})

    assert answer.status_code == 400
    assert answer.json["errors"] == [{"field": "quality", "problem": "should be 'good' or 'all'"}]


@pytest.mark.parametrize("form", ["csv", "netcdf"])
def test_the_two_forms_have_different_etags(fetch: Fetch, form: str) -> None:
    tags = {fetch("/data", format=form, quality=quality).headers["ETag"] for quality in ("good", "all")}

    assert len(tags) == 2


def test_a_mission_without_flags_is_the_same_in_both_forms(
    blank_pictures: None, tools: ImportContext, client: FlaskClient, tmp_path: Path
) -> None:
    list(importer.real([time_series(tmp_path / "a.nc")], tools))

    good, everything = (
        client.get(f"{MISSION}/data", query_string={"quality": quality}, buffered=True).data
        for quality in ("good", "all")
    )

    assert good == everything
    assert client.get(MISSION).json["quality"] == []


def test_a_mission_of_an_earlier_release_gets_its_flags_by_a_repeated_import(
    fetch: Fetch, db: Database[Any], tools: ImportContext, tmp_path: Path
) -> None:
    path = flagged_file(tmp_path / "a.nc")
    db.missions.update_one({"platform": "made"}, {"$set": {"version": "earlier"}, "$unset": {"flags": True}})
    for of_version in (db.samples, db.profiles):
        of_version.delete_many({})
    assert fetch().json["quality"] == []

    (first,) = importer.real([path], tools)
    (second,) = importer.real([path], tools)

    assert (first.outcome, second.outcome) == ("replaced", "unchanged")
    assert len(fetch().json["quality"]) == 5


def test_a_repeated_import_for_flags_does_not_remove_later_data(
    fetch: Fetch, db: Database[Any], tools: ImportContext, tmp_path: Path
) -> None:
    path = flagged_file(tmp_path / "a.nc")
    # As if single profiles of the days after had been added to it.
    end_at = db.missions.find_one({"platform": "made"})["figures"]["end_at"] + timedelta(days=1)
    changed = {"version": "earlier", "figures.end_at": end_at}
    db.missions.update_one({"platform": "made"}, {"$set": changed, "$unset": {"flags": True}})

    (report,) = importer.real([path], tools)

    assert report.outcome == "refused"
    assert fetch().json["quality"] == []


def test_the_flags_of_single_profiles_add_up(
    blank_pictures: None, tools: ImportContext, client: FlaskClient, tmp_path: Path
) -> None:
    paths = [profile_file(tmp_path / f"{number}.nc", number) for number in (1, 2, 3)]
    for path in paths[:2]:
        with netCDF4.Dataset(path, "a") as file:
            file.createVariable("temperature_qc", "i1", ("time",))[:] = [1, 1, 1, 4, 1, 1]
    list(importer.real(paths, tools))
    with netCDF4.Dataset(paths[1], "a") as file:
        file["temperature_qc"][:] = 1
        file.data_mode = "D"
    (replaced,) = importer.real([paths[1]], tools)

    assert replaced.outcome == "replaced", replaced.reason
    (quality,) = client.get(MISSION).json["quality"]
    assert quality["flags"] == {"good": 11, "bad": 1}
    lines = table(client.get(f"{MISSION}/data", query_string={"quality": "all"}, buffered=True))
    assert [line["temperature_qc"] for line in lines[12:]] == ["0"] * 6


def test_equal_flags_take_one_byte() -> None:
    assert len(columns.packed_flags(bytes([1]) * 200)) == 2
    column = {"flags": columns.packed_flags(bytes([1]) * 200)}
    assert columns.flags_of(column, 200) == bytes([1]) * 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["pyglider/dfo-eva035-20190718_timeseries_adjusted.nc", "og1/sg033_20100903T182416_delayed.nc"]
)
def test_a_real_file_with_flags_makes_the_round_trip(
    blank_pictures: None, test_data: Path, tools: ImportContext, client: FlaskClient, db: Any, tmp_path: Path, name: str
) -> None:
    (report,) = importer.real([test_data / "real" / name], tools)
    assert report.mission is not None, report.reason
    address = f"/api/v1/missions/{report.mission['platform']}/{report.mission['mission']}/data"
    answer = client.get(address, query_string={"format": "netcdf", "quality": "all"}, buffered=True)

    (again,) = importer.dry([saved(answer, tmp_path / "all.nc")], tools)

    assert again.mission is not None, again.reason
    assert {each: again.mission[each] for each in FIGURES} == {each: report.mission[each] for each in FIGURES}
    assert verification.verify(None, True, 1.0).differences == []
