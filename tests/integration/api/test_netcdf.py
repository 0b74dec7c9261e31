"""A mission's samples as NetCDF: every value of the CSV, and its import gives the same mission."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import context, importer
from tests.conftest import Seed
from tests.integration.api.paths import DATA
from tests.made_files import rows, time_series
from tests.made_sailbuoys import NAV, PLD, fixes, measured, text

Get = Callable[..., Any]
Report = dict[str, Any]
ROOT = Path(__file__).parents[3]
DEMO = {path.name: path for path in sorted((ROOT / "demo").glob("*.nc"))}
# The fields of a dry run that are computed from the samples.
FIGURES = (
    *("platform", "mission", "data_mode", "samples", "profiles", "distance_m", "max_depth_m", "vertical_m"),
    *("start_at", "end_at", "bbox", "basins"),
)


@pytest.fixture(params=sorted(DEMO))
def original(request: pytest.FixtureRequest) -> Path:
    """A file of the demo."""
    return DEMO[request.param]


@pytest.fixture
def mission(original: Path, tools: context.ImportContext, seed: Seed) -> Report:
    """The report of the import of that file."""

    def import_original() -> Report:
        (report,) = importer.real([original], tools)
        assert report.mission is not None
        return report.mission

    imported: Report = seed(original, import_original)
    return imported


@pytest.fixture
def exported(mission: Report, client: FlaskClient, tmp_path: Path) -> Path:
    """The mission as a NetCDF file."""
    path = tmp_path / "exported.nc"
    address = f"/api/v1/missions/{mission['platform']}/{mission['mission']}/data"
    path.write_bytes(client.get(address, query_string={"format": "netcdf"}, buffered=True).data)
    return path


@pytest.fixture
def table(mission: Report, client: FlaskClient) -> dict[str, list[str]]:
    """The mission as CSV in the order of time: its cells by column."""
    answer = client.get(f"/api/v1/missions/{mission['platform']}/{mission['mission']}/data", buffered=True)
    names, *rows = csv.reader(StringIO(answer.text))
    rows.sort(key=lambda row: row[names.index("time (UTC)")])
    return {name.partition(" (")[0]: list(cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)}


@pytest.fixture
def stored(get: Get, tmp_path: Path) -> Iterator[netCDF4.Dataset]:
    """Smilla's mission of the small fleet as an open NetCDF file."""
    path = tmp_path / "smilla.nc"
    path.write_bytes(get(DATA).data)
    with netCDF4.Dataset(path) as file:
        yield file


def numbers(cells: list[str]) -> list[float]:
    return [float(cell) if cell else np.nan for cell in cells]


def filled(variable: Any) -> list[float]:
    return np.ma.filled(variable[:].astype(float), np.nan).tolist()


def test_the_file_has_every_value_of_the_csv(exported: Path, table: dict[str, list[str]]) -> None:
    measured = [name for name in table if name not in ("time", "profile")]
    with netCDF4.Dataset(exported) as file:
        by_source_name = {
            getattr(variable, "source_name", name).lower(): variable for name, variable in file.variables.items()
        }
        by_name = by_source_name | {name: file[name.upper()] for name in ("longitude", "latitude", "depth")}
        values = {name: filled(by_name[SOURCE_NAMES.get(name, name)]) for name in measured}
    np.testing.assert_equal(values, {name: numbers(table[name]) for name in measured})


def test_the_file_has_every_time_and_profile_number_of_the_csv(exported: Path, table: dict[str, list[str]]) -> None:
    with netCDF4.Dataset(exported) as file:
        seconds, profiles = file["TIME"][:].tolist(), file["PROFILE_NUMBER"][:].filled(0).tolist()
    assert seconds == [datetime.fromisoformat(time).timestamp() for time in table["time"]]
    assert profiles == [int(number) for number in table["profile"]]


def test_the_import_of_the_file_gives_the_same_mission(
    exported: Path, mission: Report, tools: context.ImportContext
) -> None:
    (again,) = importer.dry([exported], tools)
    assert again.mission is not None, again.reason
    assert {name: again.mission[name] for name in FIGURES} == {name: mission[name] for name in FIGURES}


def test_the_rows_are_in_the_order_of_time(exported: Path) -> None:
    with netCDF4.Dataset(exported) as file:
        assert np.diff(file["TIME"][:]).min() >= 0


def test_the_import_of_an_export_of_several_missions_gives_the_same_missions(
    db: Database[Any], tools: context.ImportContext, client: FlaskClient, tmp_path: Path
) -> None:
    log = fixes(steps=500)
    (tmp_path / "sb9nav.csv").write_text(text(NAV, log))
    (tmp_path / "sb9pld.csv").write_text(text(PLD, measured(log)))
    delayed = time_series(tmp_path / "d.nc", attributes={"id": "made-20200913T1226-delayed", "wmo_id": "4800906"})
    files = [delayed, time_series(tmp_path / "r.nc", rows(lat=56.0), {"id": "other-20200913T1226"})]
    reports = list(importer.real([*files, tmp_path / "sb9nav.csv"], tools))
    path = tmp_path / "exported.nc"
    path.write_bytes(client.get("/api/v1/export", query_string={"format": "netcdf"}, buffered=True).data)

    again = list(importer.dry([path], tools))

    figures = [{name: report.mission[name] for name in FIGURES} for report in reports if report.mission]
    assert len(figures) == 3
    by_platform = sorted(figures, key=lambda each: each["platform"])
    missions = [{name: report.mission[name] for name in FIGURES} for report in again if report.mission]
    assert sorted(missions, key=lambda each: each["platform"]) == by_platform


def test_the_size_is_sent_before_the_file(get: Get) -> None:
    answer = get(DATA)
    assert answer.mimetype == "application/x-netcdf"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert int(get(DATA, method="HEAD").headers["Content-Length"]) == len(answer.data)


def test_the_file_is_a_cf_trajectory_under_og1_names(stored: netCDF4.Dataset) -> None:
    assert stored.Conventions == "CF-1.10"
    assert stored.featureType == "trajectory"
    assert [name for name, variable in stored.variables.items() if "long_name" not in variable.ncattrs()] == []
    assert stored.id == "smilla77_20221208T1145_D"
    assert stored.dimensions["N_MEASUREMENTS"].isunlimited()
    assert stored["TRAJECTORY"].cf_role == "trajectory_id"
    assert stored["TRAJECTORY"][:].tobytes().decode() == "smilla77_20221208T1145"
    assert stored["TEMP"].standard_name == "sea_water_temperature"
    assert stored["TIME"].units == "seconds since 1970-01-01T00:00:00Z"


def test_the_file_states_its_source(stored: netCDF4.Dataset) -> None:
    assert stored.source == f"nrt.nc (SHA-256 {'0' * 64})"
    assert stored.halocline_version == "v1"
    assert (stored.data_mode, stored.simulated) == ("D", "false")
    assert stored.geospatial_lon_min == 15.98102


def test_samples_outside_profiles_have_no_profile_number(stored: netCDF4.Dataset) -> None:
    assert stored["PROFILE_NUMBER"][:].tolist() == [None, 1, 1]


def test_a_wrong_number_of_rows_aborts_the_file(get: Get, db: Database[Any]) -> None:
    db.samples.update_one({"number": 1}, {"$set": {"count": 3}})
    with pytest.raises(ValueError, match="2 values"):
        get(DATA)


# Variables that have another name in the demo files.
SOURCE_NAMES = {"oxygen": "oxygen_concentration"}
