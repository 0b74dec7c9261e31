"""Files with one trait each, in the store: a verification recomputes their figures, and pages and exports agree."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest.reports import Report
from app.ingest.verify import verification

Ingest = Callable[..., list[Report]]
CASES = (
    *("altitude.nc", "pressure-MPa.nc", "grid-over-pressure.nc", "one-stamp-2000.nc", "stale-test-profiles.nc"),
    *("unsigned-packed-depth.nc", "positions-undeclared-fill.nc", "og1-phase-no-number.nc", "numbers-from-zero.nc"),
    *("number-int64-ns.nc", "numbers-*-after-3h.nc", "one-sample-one-degree.nc"),
)


@pytest.fixture
def stored(test_data: Path, ingest: Ingest, db: Database[dict[str, Any]]) -> list[Report]:
    """The reports of the imported case files."""
    return ingest(*(path for name in CASES for path in (test_data / "cases").glob(name)))


def test_the_store_gives_the_figures_of_the_files(stored: list[Report], client: FlaskClient) -> None:
    assert [report.outcome for report in stored] == ["stored"] * len(CASES)

    assert verification.verify(None, True, 1.0).differences == []
    for report in stored:
        body = client.get(f"/api/v1/missions/{report.mission['platform']}/{report.mission['mission']}").json
        assert {name: body[name] for name in ("samples", "profiles", "distance_m", "bbox")} == {
            name: report.mission[name] for name in ("samples", "profiles", "distance_m", "bbox")
        }


def test_an_export_names_the_source_of_its_depths(stored: list[Report], client: FlaskClient) -> None:
    report = stored[CASES.index("pressure-MPa.nc")]

    answer = client.get(f"/api/v1/missions/{report.mission['platform']}/{report.mission['mission']}/data?format=netcdf")

    assert answer.status_code == 200
    assert b"computed from pressure and latitude by TEOS-10" in answer.data
