"""The first imports after an upgrade: the operator's files first, then a bounded part of the rebuilds that it needs."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.ingest.context import ImportContext
from app.ingest.derive import rebuild, section_refresh
from app.ingest.reports import Report
from app.store import indexes, rebuild_queue, sections
from tests.made_files import rows, time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
OTHERS = 2500


def queued(db: Db) -> list[str]:
    return [doc["_id"] for doc in db.derived_pending.find({"_id": {"$regex": "^sections:"}}).sort("_id", 1)]


@pytest.fixture
def three_missions(tmp_path: Path, ingest: Ingest) -> None:
    """Three missions with sections."""
    ingest(*(time_series(tmp_path / f"{n}.nc", attributes={"id": f"p{n}-20200913T1226"}) for n in range(3)))


@pytest.fixture
def upgraded(db: Db, three_missions: None) -> None:
    """The store at the first start of a release that derives sections differently."""
    db.counters.delete_one({"_id": "ts_contents"})
    indexes.ensure(db)


def test_a_new_file_comes_before_the_backlog_of_which_each_run_draws_a_part(
    tmp_path: Path, ingest: Ingest, db: Db, upgraded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section_refresh, "BACKLOG_FOR", timedelta(0))
    assert queued(db) == [f"sections:p{n}/20200913T1226" for n in range(3)]
    ingest(time_series(tmp_path / "z.nc", attributes={"id": "zz-20200913T1226"}))
    assert sections.any_of("zz", "20200913T1226")
    assert queued(db) == [f"sections:p{n}/20200913T1226" for n in (1, 2)]
    # New data of a mission in the backlog take it out of the backlog.
    ingest(time_series(tmp_path / "2.nc", rows(profiles=6), {"id": "p2-20200913T1226"}))
    assert queued(db) == []


def test_the_simulator_rebuilds_one_mission_of_the_backlog_at_a_time(
    db: Db, upgraded: None, tools: ImportContext
) -> None:
    rebuild.rebuild(tools.basin_map, draw_at_once=False)
    assert queued(db) == [f"sections:p{n}/20200913T1226" for n in (1, 2)]


def test_the_backlog_is_marked_in_several_transactions_from_index_keys_alone(db: Db, three_missions: None) -> None:
    template = {"what": "section", "place": 0, "packed": {"values": b"x" * 1000}}
    db.sections.insert_many(
        {**template, "_id": f"q{n // 3}/m{n}", "platform": f"q{n // 3:05d}", "mission": "m"} for n in range(3 * OTHERS)
    )
    db.counters.delete_one({"_id": "ts_contents"})
    before = db.changes.count_documents({"tags": "rebuilds"})
    indexes.ensure(db)
    assert len(queued(db)) == OTHERS + 3
    assert db.changes.count_documents({"tags": "rebuilds"}) - before == 3
    plan = db.sections.find({}, {"_id": 0, "platform": 1, "mission": 1}).hint("mission").explain()
    assert plan["executionStats"]["totalDocsExamined"] == 0


def test_a_second_start_queues_nothing_again(db: Db, upgraded: None) -> None:
    rebuild_queue.mark_backlog(["sections:p0/20200913T1226"])
    entries = queued(db)
    indexes.ensure(db)
    assert queued(db) == entries


def test_a_change_of_basins_marks_the_missions_in_bounded_transactions(
    ingest: Ingest, db: Db, three_missions: None
) -> None:
    db.counters.delete_one({"_id": "basins"})
    before = db.changes.count_documents({"tags": "rebuilds"})
    ingest()
    assert db.changes.count_documents({"tags": "rebuilds"}) - before == 2
    assert db.derived_pending.count_documents({}) == 0
