"""Files in the spool: limits before they are stored, and the removal of those that belong to no task."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId
from pymongo.database import Database

from app import config
from app.errors import RunFailed
from app.store import connection, disk_space, spool, spool_stream
from app.tasks import enqueue
from app.tasks.attempts import Call
from tests.integration.tasks.conftest import Process, eventually, halocline, waiting
from tests.made_files import time_series

Database_ = Database[dict[str, Any]]
LONG_AGO = datetime.now(UTC) - timedelta(days=2)


def test_a_file_that_is_too_large_is_named_and_the_others_are_queued(
    queued: config.Settings, db: Database_, tmp_path: Path
) -> None:
    for name in ("a", "b"):
        time_series(tmp_path / f"{name}.nc")
    with (tmp_path / "b.nc").open("ab") as file:
        file.write(bytes(1 << 20))
    limited = queued.model_copy(update={"max_file_bytes": 1 << 20})

    result = halocline(limited, "ingest", "--enqueue", tmp_path)

    assert result.exit_code == 1
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [["queued", "a.nc:"], ["refused", "too_large:"]]
    assert waiting(queued) == 1


def test_a_file_for_which_mongodb_has_no_space_is_not_stored(
    queued: config.Settings, db: Database_, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = time_series(tmp_path / "made.nc")
    # Enough for four times the file, which an import alone needs.
    free = disk_space._RESERVE_BYTES + 4 * path.stat().st_size
    monkeypatch.setattr(disk_space, "_free_bytes", lambda: free)

    with pytest.raises(RunFailed, match="The disk of MongoDB is full"):
        halocline(queued, "ingest", "--enqueue", path)

    assert db["spool.files"].count_documents({}) == db["spool.chunks"].count_documents({}) == 0


def test_files_without_a_task_are_deleted_after_a_day(call: Call, db: Database_, tmp_path: Path) -> None:
    with connection.bound(call.settings, 10_000):
        orphan, owned, new = (spool_stream.put_blocks(name, [b"data"]) for name in ("orphan", "owned", "new"))
        nav, pld = (spool_stream.put_blocks(name, [b"data"]) for name in ("nav", "pld"))
        enqueue.spooled(call.app, [{"id": nav, "name": "nav"}, {"id": pld, "name": "pld"}], enqueue.ImportOptions())
    db["spool.files"].update_many({"_id": {"$ne": new}}, {"$set": {"uploadDate": LONG_AGO}})
    # An upload that waits for an operator.
    sent = {"file_name": "a.nc", "sha256": "0", "bytes": 4, "key_id": "key", "actor": {"name": "key"}}
    db.uploads.insert_one({"_id": "u", "state": "waiting", "spool_id": owned, "received_at": LONG_AGO, **sent})
    # Chunks of a process that was killed while it stored the file.
    chunk = {"_id": ObjectId.from_datetime(LONG_AGO), "files_id": "killed", "n": 0, "data": b"x"}
    db["spool.chunks"].insert_one(chunk)

    with connection.bound(call.settings, 10_000):
        enqueue.recover(call.app, call.broker)

    assert {doc["_id"] for doc in db["spool.files"].find()} == {owned, new, nav, pld}
    assert {doc["files_id"] for doc in db["spool.chunks"].find()} == {owned, new, nav, pld}
    assert orphan


def test_bytes_whose_source_fails_leave_nothing(call: Call, db: Database_) -> None:
    def broken() -> Any:
        yield bytes(1 << 20)
        raise ValueError("the connection broke")

    with connection.bound(call.settings, 10_000), pytest.raises(ValueError, match="the connection broke"):
        spool_stream.put_blocks("x", broken())

    assert db["spool.files"].count_documents({}) == db["spool.chunks"].count_documents({}) == 0


def test_a_worker_queues_a_lost_import_again_without_a_beat(
    queued: config.Settings, start: Callable[..., Process], db: Database_, tmp_path: Path
) -> None:
    start(times={"recovery.EVERY_S": 1})
    eventually(lambda: db.counters.find_one({"_id": "tasks:recover:done"}))
    with connection.bound(queued, 10_000):
        file_id = spool_stream.put(time_series(tmp_path / "made.nc"))
        files = [{"id": file_id, "name": "made.nc"}]
        # As if the message were lost: it is not queued.
        spool.note_task(file_id, "lost", {"files": files})
    db["spool.files"].update_one({}, {"$set": {"uploadDate": LONG_AGO}})
    db["spool.files"].insert_one({"_id": "kept", "length": 1, "uploadDate": LONG_AGO, "kept_until": LONG_AGO})

    eventually(lambda: db.missions.count_documents({}) == 1 and db["spool.files"].count_documents({}) == 0)
