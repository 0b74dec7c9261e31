"""Queued imports: nothing is lost and nothing is stored twice, whatever happens to workers."""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database
from redis import Redis

from app import config, extensions
from app.errors import Invalid
from app.localdev import pidfiles, valkey
from app.store import connection
from app.tasks import enqueue, queue
from app.tasks.broker import Broker
from tests.integration.tasks.conftest import Process, eventually, halocline, kill, waiting
from tests.made_files import csv_file, table, time_series

Start = Callable[..., Process]
Database_ = Database[dict[str, Any]]


def _files(folder: Path, count: int) -> Path:
    """A folder with missions of one platform each."""
    folder.mkdir()
    for number in range(count):
        time_series(folder / f"{number:02}.nc", attributes={"id": f"made{number:02}-20200913T1226"})
    return folder


def _stored(db: Database_) -> int:
    return db.missions.count_documents({})


def _outcomes(db: Database_) -> list[str]:
    return sorted(doc["outcome"] for doc in db.imports.find())


def test_a_worker_imports_queued_files_and_rebuilds_derived_documents_once_for_all(
    served: config.Settings, db: Database_, tmp_path: Path
) -> None:
    result = halocline(served, "ingest", "--enqueue", "--json", _files(tmp_path / "files", 3))

    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == ["queued"] * 3
    eventually(lambda: db.totals.find_one({"_id": "fleet"}) and waiting(served) == 0)
    assert _outcomes(db) == ["stored"] * 3
    assert db.derived_pending.count_documents({}) == 0
    assert db["spool.files"].count_documents({}) == db["spool.chunks"].count_documents({}) == 0
    assert {doc["outcome"]: doc["n"] for doc in db.counters.find({"task": "import"})} == {"stored": 3}


def test_a_refused_file_is_no_failure_of_its_task(served: config.Settings, db: Database_, tmp_path: Path) -> None:
    header, *rows = table()
    csv_file(tmp_path / "no_identity.csv", [header, *rows])
    halocline(served, "ingest", "--enqueue", tmp_path / "no_identity.csv")

    eventually(lambda: _outcomes(db) and waiting(served) == 0)

    assert _outcomes(db) == ["refused"]
    assert db.parked_tasks.count_documents({}) == 0


def test_without_a_broker_the_files_are_imported_at_once(
    queued: config.Settings, db: Database_, tmp_path: Path
) -> None:
    without = queued.model_copy(update={"redis_broker_url": None})

    result = halocline(without, "ingest", "--enqueue", _files(tmp_path / "files", 1))

    assert result.stderr.splitlines()[0] == "halocline: REDIS_BROKER_URL is not set: the files are imported now"
    assert result.stdout.startswith("stored    ")
    assert _stored(db) == 1


def test_an_unreachable_broker_is_named(queued: config.Settings, tmp_path: Path) -> None:
    away = queued.model_copy(update={"redis_broker_url": "redis://127.0.0.1:1/0"})

    with pytest.raises(Exception, match=r"the broker of the queue \(REDIS_BROKER_URL\) is not available"):
        halocline(away, "ingest", "--enqueue", _files(tmp_path / "files", 1))


def test_a_url_with_a_password_is_not_queued(queued: config.Settings) -> None:
    with pytest.raises(Invalid, match="a URL with a password is not queued: import it without --enqueue"):
        halocline(queued, "ingest", "--enqueue", "https://name:password@a.example/x.nc")

    assert waiting(queued) == 0


def _recover(settings: config.Settings) -> bool:
    """Queue lost tasks again, as a worker does when it starts; False."""
    state = Broker(settings)
    with connection.bound(settings, 60_000):
        enqueue.recover(queue.celery_app(settings), state)
    state.close()
    return False


@pytest.mark.parametrize("count", [12, pytest.param(50, marks=pytest.mark.slow)])
def test_a_killed_worker_loses_no_file_and_stores_none_twice(
    queued: config.Settings,
    start: Start,
    db: Database_,
    tmp_path: Path,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", count))
    first = start(concurrency=2)
    eventually(lambda: _stored(db) >= count // 5)

    kill(first)
    before = _stored(db)
    start(concurrency=2)

    assert before < count
    # A message that the killed worker had read and not recorded yet is lost: `recover` queues its file again.
    monkeypatch.setattr(enqueue, "LOST_AFTER", timedelta())
    eventually(lambda: waiting(queued) == 0 and (_stored(db) == count or _recover(queued)), within_s=150)
    # MongoDB ends the transaction of a killed client after a minute or more.
    # A file whose import was committed before its task was acknowledged is unchanged the second time.
    assert [name for name in _outcomes(db) if name != "unchanged"] == ["stored"] * count
    assert db["originals.files"].count_documents({}) == count
    assert db["spool.files"].count_documents({}) == 0


@pytest.mark.slow
def test_a_terminated_worker_ends_its_task_and_takes_no_other(
    queued: config.Settings, start: Start, db: Database_, tmp_path: Path
) -> None:
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", 2))
    worker = start(faults={"00.nc": "brief", "01.nc": "brief"})
    eventually(lambda: Broker(queued).state().running >= 1)

    worker.send_signal(signal.SIGTERM)

    # Long before the end of its time.
    assert worker.wait(20) == 0
    assert _outcomes(db) == ["stored"]
    assert Broker(queued).state().depth["imports"] == 1


def test_a_terminated_worker_hands_its_task_back(
    queued: config.Settings, start: Start, db: Database_, tmp_path: Path
) -> None:
    # Nothing but the hand-back returns the task in time.
    times = {"queue.VISIBILITY_S": 600, "queue.DRAIN_S": 1}
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", 1))
    first = start(times=times, faults={"00.nc": "slow"})
    eventually(lambda: Broker(queued).state().running == 1)

    first.send_signal(signal.SIGTERM)

    assert first.wait(20) is not None
    start(times=times)
    eventually(lambda: _stored(db) == 1)


def test_a_file_that_kills_its_worker_is_parked_and_the_others_are_imported(
    queued: config.Settings, start: Start, db: Database_, tmp_path: Path
) -> None:
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", 2))
    start(faults={"00.nc": "kill"})

    (parked,) = eventually(lambda: list(db.parked_tasks.find()))

    assert parked["cause"].startswith("its process was lost 3 times")
    eventually(lambda: _stored(db) == 1)
    listed = halocline(queued, "tasks", "parked")
    assert (listed.exit_code, "import 00.nc: its process was lost" in listed.stdout) == (1, True)
    assert halocline(queued, "tasks", "discard", parked["_id"]).exit_code == 0
    assert db["spool.files"].count_documents({}) == 0
    assert halocline(queued, "tasks", "parked").exit_code == 0


@pytest.mark.slow
def test_a_task_that_fails_each_time_is_parked_and_an_operator_can_retry_it(
    queued: config.Settings, start: Start, db: Database_, tmp_path: Path
) -> None:
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", 1))
    first = start(faults={"00.nc": "fail"}, times={"attempts.MOST_ATTEMPTS": 2})
    (parked,) = eventually(lambda: list(db.parked_tasks.find()))
    kill(first)

    assert parked["cause"] == "ValueError: a defect"
    assert halocline(queued, "tasks", "retry", "--all").stdout.startswith(f"queued    {parked['_id']} import 00.nc")
    start()
    eventually(lambda: _stored(db) == 1)
    assert halocline(queued, "tasks", "parked").exit_code == 0


@pytest.mark.slow
def test_tasks_wait_while_the_broker_restarts(
    queued: config.Settings, start: Start, db: Database_, tmp_path: Path, home: Path
) -> None:
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", 3))
    # AOF is written each second.
    time.sleep(1.2)
    pid = pidfiles.alive(home / "broker.pid")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pidfiles.alive(home / "broker.pid") is None)

    start()
    assert valkey.start_broker(home) == queued.redis_broker_url
    eventually(lambda: _stored(db) == 3)


def test_files_that_a_broker_has_lost_are_queued_again_when_a_worker_starts(
    queued: config.Settings, start: Start, db: Database_, tmp_path: Path, home: Path
) -> None:
    halocline(queued, "ingest", "--enqueue", _files(tmp_path / "files", 2))
    with Redis.from_url(queued.redis_broker_url) as client:
        client.flushall()
    # One of them may still be on its way.
    db["spool.files"].update_one({"filename": "00.nc"}, {"$set": {"uploadDate": datetime(2026, 1, 1, tzinfo=UTC)}})

    start()

    eventually(lambda: waiting(queued) == 0 and _stored(db) == 1)
    assert [doc["filename"] for doc in db["spool.files"].find()] == ["01.nc"]


def test_a_worker_keeps_its_connections_between_tasks(
    queued: config.Settings, db: Database_, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection._Life, "is_kept", False)
    with connection.bound(queued, 60_000, ping=True):
        of_a_command = extensions.mongo.client
    connection.keep_open()
    with connection.bound(queued, 60_000, ping=True):
        first = extensions.mongo.client
    with connection.bound(queued, 60_000):
        second = extensions.mongo.client
    extensions.mongo.close()
    extensions.redis.close()

    assert of_a_command is not first
    assert second is first
