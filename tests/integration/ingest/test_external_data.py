"""`halocline ingest` of files that refer to another file: nothing of it is stored or reported."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from pymongo.database import Database

from app import config
from app.ingest import importer
from app.ingest.context import ImportContext
from app.ingest.sandbox.process import ReaderProcess
from tests import external_references
from tests.made_files import csv_file, rows, table, time_series

SECRET = b"mongodb://halocline:s3cret@db/"
FOREIGN = 21.125


def classic(path: Path, mission: str) -> Path:
    """Write the time series as classic NetCDF."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        columns = rows()
        file.createDimension("time", len(columns["time"]))
        for name, values in columns.items():
            file.createVariable(name, "f8", ("time",))[:] = values
        file["time"].units = "seconds since 1970-01-01T00:00:00Z"
        file["depth"].units = "m"
        file.id = mission
    return path


def table_file(path: Path, mission: str) -> Path:
    """Write the time series as a table."""
    cells = [[*row, mission] for row in table()]
    cells[0][-1] = "trajectory"
    return csv_file(path, cells)


@pytest.fixture
def reports(tmp_path: Path, settings: config.Settings, tools: ImportContext, db: Database[dict[str, Any]]) -> Any:
    """Return a function that imports files with the reader process."""

    def run(*files: Path) -> list[tuple[str, str | None]]:
        with ReaderProcess(60, settings.reader_memory_bytes) as reader:
            return [(r.outcome, r.reason_code) for r in importer.real(files, replace(tools, reader=reader))]

    return run


def test_nothing_of_another_file_is_stored(
    tmp_path: Path, db: Database[dict[str, Any]], reports: Callable[..., list[tuple[str, str | None]]]
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(SECRET)
    foreign = time_series(tmp_path / "foreign.nc", {**rows(), "temperature": np.full(len(rows()["time"]), FOREIGN)})
    hostile = [
        external_references.external_storage(tmp_path / "storage.nc", secret),
        external_references.virtual_dataset(tmp_path / "virtual.nc", foreign),
        external_references.external_link(tmp_path / "link.nc", foreign),
    ]
    sound = [
        time_series(tmp_path / "a.nc", attributes={"id": "one-20200913T1226"}),
        classic(tmp_path / "b.nc", "two-20200913T1226"),
        table_file(tmp_path / "c.csv", "three-20200913T1226"),
    ]

    results = reports(*hostile, *sound)

    assert results == [("refused", "external_data")] * 3 + [("stored", None)] * 3
    assert sorted(db.missions.distinct("platform")) == ["one", "three", "two"]
    logged = list(db.imports.find({"reason_code": "external_data"}))
    assert len(logged) == 3
    assert not any(text in str(logged) for text in ("s3cret", str(list(SECRET[:8]))[1:-1], str(FOREIGN)))
