"""Odd files of parts, flags and axes: the numbers of the API are those that numpy computes from the arrays."""

import csv
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import importer
from app.ingest.context import ImportContext
from tests import odd_files
from tests.odd_files import Array

MISSION = "/api/v1/missions/made/20200913T1226"
CASES = [*odd_files.FEW, *(pytest.param(case, marks=pytest.mark.slow) for case in odd_files.OTHERS)]


def table(client: FlaskClient, quality: str) -> dict[str, Array]:
    answer = client.get(f"{MISSION}/data", query_string={"quality": quality}, buffered=True)
    header, *lines = csv.reader(StringIO(answer.text))
    columns: dict[str, Array] = {}
    for title, cells in zip(header, zip(*lines, strict=True), strict=True):
        name = title.partition(" (")[0]
        if name == "time":
            columns[name] = np.array([datetime.fromisoformat(c).timestamp() if c else np.nan for c in cells])
        else:
            columns[name] = np.array([float(cell) if cell else np.nan for cell in cells])
    return columns


@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in (*odd_files.FEW, *odd_files.OTHERS)])
def test_the_numbers_of_an_odd_file_are_right(
    blank_pictures: None, db: Database[Any], client: FlaskClient, tools: ImportContext, tmp_path: Path, case: Any
) -> None:
    odd = case()
    files = [odd_files.write(tmp_path / f"{n}.nc", variables) for n, variables in enumerate(odd.files)]

    reports = list(importer.real([files[i] for i in odd.order or range(len(files))], tools))

    assert [report.reason for report in reports] == [None] * len(files)
    good, everything = table(client, "good"), table(client, "all")
    # Rows of both forms have one order; flagged times are missing in `good`.
    order = np.argsort(everything["time"], kind="stable")
    for name, expected in odd.expected.items():
        if name != "profile_index":
            np.testing.assert_allclose(good[name][order], expected, rtol=1e-9, atol=1e-6, err_msg=name)
    mission = client.get(MISSION).json
    assert mission["profiles"] == odd.profiles
    assert mission["samples"] == good["time"].size
    assert mission["max_depth_m"] == pytest.approx(odd.max_depth_m)
    counts = {each["variable"]: each["flags"] for each in mission["quality"]}
    assert {name: counts[name] for name in odd.flags} == odd.flags
    path = tmp_path / "export.nc"
    answer = client.get(f"{MISSION}/data", query_string={"format": "netcdf", "quality": "all"}, buffered=True)
    path.write_bytes(answer.data)
    (again,) = importer.dry([path], tools)
    assert again.mission is not None, again.reason
    for name in ("samples", "profiles", "max_depth_m", "vertical_m", "start_at", "end_at", "distance_m"):
        assert again.mission[name] == pytest.approx(mission[name]) or again.mission[name] == mission[name], name
