"""No task runs twice at the same time: after a lost connection to the broker, or by a second message of its slot."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pymongo.database import Database
from redis import Redis

from app import config
from app.ingest.remote import local_copy, urls
from app.localdev import pidfiles, valkey
from app.store import schedule_runs
from app.tasks import broker, imports, lease, queue
from app.tasks.attempts import META, Slot
from app.tasks.broker import Broker
from tests import faulty_server
from tests.integration.tasks.conftest import Process, eventually, halocline, waiting
from tests.made_files import time_series

Database_ = Database[dict[str, Any]]
AT = datetime(2026, 11, 27, 2, 23, tzinfo=UTC)


def test_a_task_whose_worker_loses_the_broker_begins_again_and_runs_alone(
    queued: config.Settings, start: Callable[..., Process], db: Database_, tmp_path: Path, home: Path
) -> None:
    runs = tmp_path / "runs"
    runs.mkdir()
    halocline(queued, "ingest", "--enqueue", time_series(tmp_path / "made.nc"))
    start(concurrency=2, faults={"made.nc": f"alone {runs}"})
    eventually(lambda: list(runs.glob("begun-*")))

    os.kill(pidfiles.alive(home / "broker.pid"), signal.SIGKILL)
    eventually(lambda: pidfiles.alive(home / "broker.pid") is None)
    assert valkey.start_broker(home) == queued.redis_broker_url

    # Its message returns after three seconds, and the first run would last for eight.
    eventually(lambda: len(list(runs.glob("begun-*"))) == 2)
    eventually(lambda: waiting(queued) == 0 and db.missions.count_documents({}) == 1)
    assert not (runs / "twice").exists()
    # A lost connection is no fault of the task.
    with Redis.from_url(queued.redis_broker_url) as client:
        assert client.keys("halocline:tasks:starts:*") == []


def test_a_second_run_of_an_entry_waits_for_the_first_one(
    served: config.Settings, db: Database_, tmp_path: Path
) -> None:
    app, slot = queue.celery_app(served), Slot("watch-inbox", AT, AT + timedelta(days=1))
    arguments = {"entry": "watch-inbox", "folder": str(tmp_path), "most": 10, META: {"slot": slot.packed()}}
    name = schedule_runs.key(slot.entry, AT)

    with lease.held(served, slot.entry) as is_held:
        queue.send(app, "watch", broker.MAINTENANCE, arguments, name)
        claimed = eventually(lambda: db.schedule_runs.find_one({"_id": name}))
        # Its next attempt waits in the worker.
        eventually(lambda: any(each["eta"] for each in Broker(served).held()))
        during = db.schedule_runs.find_one({"_id": name})
    eventually(lambda: db.schedule_runs.find_one({"_id": name, "ended_at": {"$exists": True}}))
    eventually(lambda: waiting(served) == 0)

    assert is_held
    assert (claimed["runs"], during["runs"], "ended_at" in during) == (0, 0, False)
    assert db.schedule_runs.find_one({"_id": name})["runs"] == 1
    with lease.held(served, slot.entry) as is_free:
        assert is_free


def test_a_lease_that_expired_passes_to_another_run(queued: config.Settings, db: Database_) -> None:
    with lease.held(queued, "restore-test") as first:
        with lease.held(queued, "restore-test") as second:
            pass
        db.schedule_runs.update_one({"_id": "lease:restore-test"}, {"$set": {"until": AT}})
        with lease.held(queued, "restore-test") as third:
            holder = db.schedule_runs.find_one({"_id": "lease:restore-test"})["holder"]

    assert (first, second, third) == (True, False, True)
    assert holder
    # Each run releases its own lease alone.
    assert [doc["until"] for doc in db.schedule_runs.find()] == [datetime(1970, 1, 1, tzinfo=UTC)]


def test_a_lease_is_renewed_while_its_run_lasts(queued: config.Settings, db: Database_, monkeypatch: Any) -> None:
    monkeypatch.setattr(lease, "RENEW_S", 0.05)
    with lease.held(queued, "restore-test"):
        begun = db.schedule_runs.find_one({"_id": "lease:restore-test"})["until"]
        eventually(lambda: db.schedule_runs.find_one({"_id": "lease:restore-test"})["until"] > begun)


def test_a_lock_of_a_host_is_released_by_its_holder_alone(queued: config.Settings) -> None:
    slow, fast, third = Broker(queued), Broker(queued), Broker(queued)
    with fast.host("a.example") as before, slow.host("a.example") as refused:
        pass
    with slow.host("a.example") as first:
        with Redis.from_url(queued.redis_broker_url) as client:
            # It has expired.
            client.delete("halocline:tasks:host:a.example")
        second = fast.host("a.example")
        is_second_free = second.__enter__()
    with third.host("a.example") as third_while_second:
        pass
    second.__exit__(None, None, None)
    with third.host("a.example") as third_afterwards:
        pass
    for each in (slow, fast, third):
        each.close()

    assert (before, refused, first, is_second_free, third_while_second, third_afterwards) == (
        True, False, True, True, False, True,
    )  # fmt: skip


def test_other_downloads_from_a_host_wait_for_the_download_alone(queued: config.Settings) -> None:
    state = Broker(queued)
    content = b"time,latitude,longitude\n"
    with faulty_server.serving() as server:
        server.answers["/made.csv"] = [faulty_server.body(content)]
        policy = imports.locked(local_copy.fetch_policy(queued), state)
        with local_copy.local_copy(urls.parsed(server.url("/made.csv")), 1 << 20, policy) as copy:
            read = copy.path.read_bytes()
            with state.host("127.0.0.1") as is_free:
                pass
    state.close()

    assert (read, is_free) == (content, True)
