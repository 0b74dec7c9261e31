"""One effect for each slot of the schedule, however many beats run and however often a slot is queued."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from redbeat import RedBeatSchedulerEntry
from redbeat.schedulers import get_redis

from app import config
from app.store import schedule_runs
from app.tasks import broker, queue
from app.tasks.attempts import META, Slot
from tests.integration.tasks.conftest import Process, eventually, kill, waiting
from tests.made_files import time_series

Start = Callable[..., Process]
Database_ = Database[dict[str, Any]]


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A watched folder."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def schedule_file(tmp_path: Path, inbox: Path) -> str:
    """A schedule with a slot each second."""
    text = f'[verify]\nenabled = false\n[[watch]]\nname = "inbox"\nfolder = "{inbox}"\nevery = "1s"\n'
    path = tmp_path / "schedule.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _slots(db: Database_) -> list[dict[str, Any]]:
    return list(db.schedule_runs.find({"entry": "watch-inbox", "ended_at": {"$exists": True}}).sort("slot_at", 1))


def test_three_beats_run_each_slot_once_and_another_one_continues_after_the_loss_of_the_active_one(
    queued: config.Settings, start: Start, db: Database_, schedule_file: str, inbox: Path
) -> None:
    start()
    beats = [start("beat", settings={"HALOCLINE_SCHEDULE_FILE": schedule_file}) for _ in range(3)]
    eventually(lambda: len(_slots(db)) >= 3)

    # Whichever was active: the last one continues.
    kill(beats[0])
    kill(beats[1])
    before = len(_slots(db))
    eventually(lambda: len(_slots(db)) >= before + 3)
    time_series(inbox / "made.nc")
    eventually(lambda: db.missions.count_documents({}) == 1)
    kill(beats[2])

    runs = _slots(db)
    assert {(run["entry"], run["runs"], run["outcome"]) for run in runs} == {("watch-inbox", 1, "done")}
    assert len({run["slot_at"] for run in runs}) == len(runs)
    # Each run of a task is one of a slot.
    eventually(lambda: db.counters.find_one({"_id": "tasks:watch:done"})["n"] == len(_slots(db)))
    assert [doc["outcome"] for doc in db.imports.find()] == ["stored"]


@pytest.mark.slow
def test_a_slot_that_was_missed_runs_once(
    queued: config.Settings, start: Start, db: Database_, schedule_file: str
) -> None:
    Path(schedule_file).write_text('[verify]\nevery = "1h"\n', encoding="utf-8")
    start()
    # As if the last verification had been due yesterday, and no beat had run since.
    second = start("beat", settings={"HALOCLINE_SCHEDULE_FILE": schedule_file})
    eventually(lambda: db.counters.find_one({"_id": "schedule", "next.verify": {"$exists": True}}))
    kill(second)
    app = queue.celery_app(queued)
    RedBeatSchedulerEntry.from_key(f"{broker.PREFIX}beat:verify", app=app).reschedule(
        datetime.now(UTC) - timedelta(days=1)
    )
    get_redis(app).close()

    start("beat", settings={"HALOCLINE_SCHEDULE_FILE": schedule_file})

    eventually(lambda: db.schedule_runs.find_one({"entry": "verify", "ended_at": {"$exists": True}}))
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    assert [run["slot_at"] for run in db.schedule_runs.find({"entry": "verify"})] == [hour]


def test_a_slot_that_is_queued_three_times_has_one_effect(served: config.Settings, db: Database_, inbox: Path) -> None:
    app = queue.celery_app(served)
    at = datetime(2026, 11, 27, 2, 23, tzinfo=UTC)
    slot = Slot("watch-inbox", at, at + timedelta(days=1))
    arguments = {"entry": "watch-inbox", "folder": str(inbox), "most": 10, META: {"slot": slot.packed()}}
    name = schedule_runs.key(slot.entry, at)
    ids = [queue.send(app, "watch", broker.MAINTENANCE, arguments, name) for _ in range(3)]

    eventually(lambda: _slots(db) and waiting(served) == 0)

    assert ids == ["watch-inbox@20261127T022300Z"] * 3
    assert [(run["_id"], run["runs"]) for run in _slots(db)] == [(name, 1)]
    assert db.counters.find_one({"_id": "tasks:watch:done"})["n"] == 1
