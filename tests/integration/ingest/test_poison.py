"""Data that make a derivation fail: the import of others goes on, and the failure is parked with its cause."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.ingest import importer
from app.ingest.derive import section_builder
from app.ingest.reports import Report
from app.store import rebuild_queue, sections, tracks
from app.telemetry import exposition
from app.telemetry.store_metrics import StoreReads
from tests.made_files import csv_file, profile_file, rows, table, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
SCOPE = "sections:made/20200913T1226"


def with_values(*values: float) -> dict[str, Any]:
    """Return the columns of a sound file with these temperatures first, in double precision."""
    temperature = rows()["temperature"]
    temperature[: len(values)] = values
    return {**rows(), "temperature": temperature}


@pytest.mark.parametrize("value", [1e39, np.finfo(np.float64).max, -np.finfo(np.float64).max, 1e20, 1e-320])
@pytest.mark.parametrize("write", [time_series, csv_file], ids=["netcdf", "table"])
def test_values_beyond_single_precision_are_invalid_and_their_mission_has_sections(
    tmp_path: Path, ingest: Ingest, db: Db, write: Callable[..., Path], value: float
) -> None:
    columns = with_values(value)
    path = tmp_path / "made.nc"
    if write is csv_file:
        cells = [[*row, "made-20200913T1226"] for row in table(columns)]
        cells[0][-1] = "trajectory"
        csv_file(path, cells)
    else:
        time_series(path, columns)

    (report,) = ingest(path)

    warnings = {warning["code"]: warning["count"] for warning in report.mission["warnings"]}
    assert warnings == ({"value_invalid": 1} if abs(value) > 1 else {})
    assert [section.variable for section in sections.listed("made", "20200913T1226")] == ["temperature"]
    assert rebuild_queue.parked(10) == []


def test_a_stray_repeated_profile_number_does_not_stop_the_track(tmp_path: Path, ingest: Ingest, db: Db) -> None:
    columns = rows(profiles=12)
    # The last sample has the number of the first profile, which then has the latest mid time of the first ones.
    columns["profile_index"][-1] = 1.0

    (report,) = ingest(time_series(tmp_path / "a.nc", columns))

    assert report.mission["profiles"] == 12
    track = tracks.find("made", "20200913T1226")
    assert track is not None
    assert max(depth for depth in track.deepest_m if depth is not None) == 50.0
    assert rebuild_queue.parked(10) == []


@pytest.fixture
def failing(tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A stored mission whose sections could not be built; undo the returned patch to let them succeed."""
    build = Mock(side_effect=IndexError("index 61 is out of bounds at /srv/data/a.nc"))
    monkeypatch.setattr(section_builder, "build", build)
    with pytest.raises(importer.NotRebuilt, match=SCOPE):
        ingest(time_series(tmp_path / "a.nc"))
    return monkeypatch


def test_a_failed_rebuild_is_parked_with_its_cause_and_does_not_fail_later_imports(
    tmp_path: Path, ingest: Ingest, db: Db, failing: pytest.MonkeyPatch
) -> None:
    failing.undo()

    (report,) = ingest(time_series(tmp_path / "b.nc", attributes={"id": "other-20200913T1226"}))

    assert report.outcome == "stored"
    assert [section.variable for section in sections.listed("other", "20200913T1226")] == ["temperature"]
    (parked,) = rebuild_queue.parked(10)
    assert (parked.scope, parked.cause) == (SCOPE, "IndexError: index 61 is out of bounds at /srv/data/a.nc")
    assert rebuild_queue.waiting(10) == (0, None)
    assert sections.listed("made", "20200913T1226") == []


def test_a_parked_rebuild_is_repeated_when_its_data_change(
    tmp_path: Path, ingest: Ingest, db: Db, failing: pytest.MonkeyPatch
) -> None:
    failing.undo()

    ingest(profile_file(tmp_path / "b.nc", 9, start_s=1.6e9 + 86_400))

    assert rebuild_queue.parked(10) == []
    assert [section.variable for section in sections.listed("made", "20200913T1226")] == ["temperature"]


def test_parked_rebuilds_are_on_the_status_page_in_the_api_and_counted(
    tmp_path: Path, client: FlaskClient, failing: pytest.MonkeyPatch
) -> None:
    page = client.get("/status").text
    assert f'data-parked="{SCOPE}"' in page
    assert "IndexError: index 61 is out of bounds at …/a.nc" in page
    (parked,) = client.get("/api/v1/status").json["parked"]
    assert (parked["scope"], parked["cause"]) == (SCOPE, "IndexError: index 61 is out of bounds at …/a.nc")
    metrics = (
        exposition.create_app(tmp_path, StoreReads(parked=rebuild_queue.parked_count)).test_client().get("/metrics")
    )
    assert "halocline_rebuilds_parked 1.0" in metrics.text


def test_a_status_without_parked_rebuilds_has_no_section_for_them(client: FlaskClient) -> None:
    assert "data-parked" not in client.get("/status").text
    assert client.get("/api/v1/status").json["parked"] == []
