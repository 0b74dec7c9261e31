"""The names of variables in NetCDF exports: unique and valid, and flags belong to the variable that names them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from tests import made_flags
from tests.conftest import Seed
from tests.made_files import rows, time_series
from tests.made_flags import BAD, CONVENTIONS, GOOD

Db = Database[dict[str, Any]]
Export = Callable[[str, str], netCDF4.Dataset]
MISSION = "/api/v1/missions/made/20200913T1226/data"
# Names of other variables and of dimensions of exports, names that are equal in capitals, and none in plain characters.
ODD = (
    "temp",
    "PSAL",
    "citation",
    "row size",
    "row-size",
    "simulated",
    "N_MEASUREMENTS",
    "mission",
    "θ",
    "σ",
    "abc qc 2",
)


def odd_file(path: Path) -> Path:
    """Write a time series with such names: each variable has values of its own; a time and a temperature are bad."""
    others = {name: 1000.0 * n + np.arange(24.0) for n, name in enumerate(ODD, 1)}
    time_series(path, {**rows(), **others})
    with netCDF4.Dataset(path, "a") as file:
        for variable, row in (("time", 12), ("temperature", 3)):
            judgements = [GOOD] * 24
            judgements[row] = BAD
            made_flags.add(file, variable, judgements, CONVENTIONS["OG1"])
    return path


@pytest.fixture
def stored(blank_pictures: None, tools: ImportContext, seed: Seed, tmp_path: Path) -> None:
    """Store the mission of that file; its variable `simulated` has a name that releases before gave to measurements."""

    def run() -> None:
        (report,) = importer.real([odd_file(tmp_path / "a.nc")], tools)
        assert report.outcome == "stored", report.reason

    seed("odd names", run)


@pytest.fixture
def of_earlier_release(stored: None, db: Db) -> None:
    """Give a stored variable the name of the flags of time, which a file's `Time QC` had in earlier releases."""
    (document,) = db.missions.find()
    at = [variable["name"] for variable in document["variables"]].index("simulated")
    db.missions.update_one({}, {"$set": {f"variables.{at}.name": "time_qc"}})
    db.samples.update_many({}, {"$rename": {"columns.simulated": "columns.time_qc"}})


@pytest.fixture
def export(client: FlaskClient, tmp_path: Path) -> Iterator[Export]:
    """A function that returns an export as an open file."""
    files: list[netCDF4.Dataset] = []

    def run(address: str, quality: str) -> netCDF4.Dataset:
        path = tmp_path / f"{len(files)}.nc"
        answer = client.get(address, query_string={"format": "netcdf", "quality": quality}, buffered=True)
        assert answer.status_code == 200, answer.text
        path.write_bytes(answer.data)
        files.append(netCDF4.Dataset(path))
        return files[-1]

    yield run
    _ = [file.close() for file in files]


@pytest.mark.parametrize("quality", ["good", "all"])
@pytest.mark.parametrize("address", [MISSION, "/api/v1/export"])
@pytest.mark.parametrize("release", ["stored", "of_earlier_release"])
def test_each_variable_has_a_name_of_its_own_and_its_values(
    request: pytest.FixtureRequest, export: Export, release: str, address: str, quality: str
) -> None:
    request.getfixturevalue(release)

    file = export(address, quality)

    names = [name.lower() for name in (*file.variables, *file.dimensions)]
    assert len(set(names)) == len(names)
    assert [name for name in file.variables if not name.replace("_", "").isalnum() or not name.isascii()] == []
    measured = [variable for variable in file.variables.values() if "source_name" in variable.ncattrs()]
    by_source = {variable.source_name: np.ma.filled(variable[:], np.nan) for variable in measured}
    for n, name in enumerate(ODD, 1):
        np.testing.assert_array_equal(np.sort(by_source[name]), 1000.0 * n + np.arange(24.0))
    assert file["TEMP"].source_name == "temperature"


@pytest.mark.parametrize("address", [MISSION, "/api/v1/export"])
@pytest.mark.parametrize("release", ["stored", "of_earlier_release"])
def test_flags_have_the_name_and_the_rows_of_their_variable(
    request: pytest.FixtureRequest, export: Export, release: str, address: str
) -> None:
    request.getfixturevalue(release)

    file = export(address, "all")

    linked = {
        name: variable.ancillary_variables
        for name, variable in file.variables.items()
        if "ancillary_variables" in variable.ncattrs()
    }
    assert linked == {"TIME": "TIME_QC", "TEMP": "TEMP_QC"}
    assert {name for name, variable in file.variables.items() if "flag_values" in variable.ncattrs()} == {
        "TIME_QC",
        "TEMP_QC",
    }
    assert [np.flatnonzero(file[name][:] == 4).tolist() for name in ("TIME_QC", "TEMP_QC")] == [[12], [3]]


def test_csv_and_json_have_no_column_twice(of_earlier_release: None, client: FlaskClient) -> None:
    header = client.get(MISSION, query_string={"quality": "all"}, buffered=True).text.partition("\r\n")[0]

    titles = [title.partition(" (")[0] for title in header.split(",")]
    assert len(set(titles)) == len(titles)
    assert {"time_qc", "time_qc_value"} <= set(titles)


def test_an_export_that_is_imported_again_has_the_same_variables(
    stored: None, export: Export, tools: ImportContext, client: FlaskClient
) -> None:
    path = Path(export(MISSION, "all").filepath())
    before = client.get("/api/v1/missions/made/20200913T1226").json

    (again,) = importer.dry([path], tools)

    assert again.mission is not None, again.reason
    assert again.mission["quality"] == before["quality"]
    assert again.mission["unread_variables"] == []
    assert again.mission["max_depth_m"] == before["max_depth_m"]


def test_many_names_without_plain_characters_stay_short(
    blank_pictures: None, tools: ImportContext, db: Db, tmp_path: Path, client: FlaskClient
) -> None:
    names = [chr(0x4E00 + n) for n in range(150)]
    path = time_series(tmp_path / "a.nc", {**rows(), **{name: np.arange(24.0) for name in names}})

    (report,) = importer.real([path], tools)

    assert report.outcome == "stored", report.reason
    stored = client.get("/api/v1/missions/made/20200913T1226").json["variables"]
    assert max(len(variable["name"]) for variable in stored) < 20
    assert len({variable["name"] for variable in stored}) == 151
