"""Derived documents: rebuilds after a failure, limits, filter values and updates."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.ingest import importer
from app.ingest.formats import mission_limits
from app.ingest.reports import Report
from app.store import missions, totals, tracks
from app.store.indexes import MISSION_FILTERS
from tests import made_files
from tests.made_files import profile_file, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]


@pytest.fixture
def broken(tmp_path: Path, ingest: Ingest, db: Db) -> str:
    """The scope of a stored mission whose track cannot be built."""
    ingest(time_series(tmp_path / "broken.nc", attributes={"id": "broken-20200913T1226"}))
    db.profiles.update_one({"platform": "broken"}, {"$unset": {"flagged": True}})
    scope = "mission:broken/20200913T1226"
    db.derived_pending.insert_one({"_id": scope, "number": 1})
    return scope


def test_a_mission_that_cannot_be_rebuilt_does_not_stop_the_others(
    tmp_path: Path, ingest: Ingest, db: Db, broken: str
) -> None:
    with pytest.raises(importer.NotRebuilt, match=f"1 derived documents could not be rebuilt.* {broken}"):
        ingest(time_series(tmp_path / "sound.nc", attributes={"id": "sound-20200913T1226"}))

    assert tracks.find("sound", "20200913T1226") is not None
    fleet = totals.find("fleet")
    assert fleet is not None
    assert fleet.missions == 2
    assert [doc["_id"] for doc in db.derived_pending.find()] == [broken]


def test_single_profiles_beyond_the_limit_are_refused(
    tmp_path: Path, ingest: Ingest, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mission_limits, "MAX_PROFILES", 2)

    reports = ingest(*(profile_file(tmp_path / f"{n}.nc", n) for n in (1, 2, 3)))

    assert [report.reason_code for report in reports] == [None, None, "too_large"]
    assert db.profiles.count_documents({}) == 2


def test_the_filter_values_of_the_list_are_derived_and_read_from_one_document(
    tmp_path: Path, ingest: Ingest, db: Db
) -> None:
    assert missions.facets() == {name: [] for name in MISSION_FILTERS}
    other = {"id": "other-20200913T1226", "data_mode": "D", "project": "SAMBA"}

    ingest(time_series(tmp_path / "a.nc"), time_series(tmp_path / "b.nc", attributes=other))

    # Without missions, only the derived document can answer.
    db.missions.delete_many({})
    assert missions.facets() == {
        "platform": ["made", "other"],
        "kind": ["glider"],
        "data_mode": ["D", "R"],
        "basin": ["SEA-007"],
        "project": ["SAMBA"],
        "variable": ["temperature"],
        "year": [2020],
    }


@pytest.fixture
def end_id(tmp_path: Path, ingest: Ingest) -> str:
    """The id of the future update of the end of a mission with data of this hour."""
    columns = made_files.rows(start_s=time.time() - 3600)
    ingest(time_series(tmp_path / "now.nc", columns, {"id": "now-20200913T1226"}))
    return "end/now/20200913T1226"


@pytest.mark.parametrize(("moved_days", "is_announced"), [(1, True), (-1, False)], ids=["sooner", "later"])
def test_an_end_that_is_earlier_than_predicted_is_announced(
    db: Db, end_id: str, ingest: Ingest, moved_days: int, is_announced: bool
) -> None:
    predicted_at = db.updates.find_one({"_id": end_id})["shown_from"] + timedelta(days=moved_days)
    db.updates.update_one({"_id": end_id}, {"$set": {"shown_from": predicted_at}})
    db.derived_pending.insert_one({"_id": "updates:now", "number": 1})
    before = db.changes.count_documents({"tags": "updates"})

    ingest()

    assert db.changes.count_documents({"tags": "updates"}) - before == is_announced
