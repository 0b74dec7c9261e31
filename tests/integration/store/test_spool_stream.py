"""Files that are received into the spool: whole, or not at all."""

import hashlib
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.errors import RunFailed
from app.store import disk_space, spool, spool_stream, transactions

Db = Database[dict[str, Any]]
# Of more than one write, and of a last part that is no whole chunk.
CONTENT = bytes(range(256)) * 10_000 + b"end"


def readinto(content: bytes) -> spool_stream.ReadInto:
    """A source that returns less than it is asked for, as sockets do."""
    stream = io.BytesIO(content)
    return lambda buffer: stream.readinto(buffer[:10_007])


def documents(db: Db) -> int:
    return db["spool.files"].count_documents({}) + db["spool.chunks"].count_documents({})


def test_a_file_that_is_kept_can_be_read_by_workers(db: Db, tmp_path: Path) -> None:
    with spool_stream.received(readinto(CONTENT), "a.nc") as file:
        transactions.run(lambda session: spool_stream.keep(file, "key", session))
    spool.note_task(file.id, "task", {"upload": "u"})

    assert (file.sha256, file.size_bytes) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    assert spool.write(file.id, "a.nc", tmp_path).read_bytes() == CONTENT
    assert [task.id for task in spool.tasks_before(datetime.now(UTC) + timedelta(minutes=1), 10)] == ["task"]


def test_a_file_that_is_not_kept_or_breaks_off_leaves_nothing(db: Db) -> None:
    def broken(_: memoryview) -> int:
        raise ValueError("the client has left")

    with spool_stream.received(readinto(CONTENT), "a.nc"):
        assert documents(db) > 2
    with pytest.raises(ValueError, match="left"), spool_stream.received(broken, "a.nc"):
        pytest.fail("it was received")

    assert documents(db) == 0


def test_what_a_killed_process_has_received_is_swept(db: Db) -> None:
    with spool_stream.received(readinto(CONTENT), "a.nc") as file:
        files, chunks = list(db["spool.files"].find()), list(db["spool.chunks"].find())
    db["spool.files"].insert_many(files)
    db["spool.chunks"].insert_many(chunks)
    begun_at = files[0]["uploadDate"]

    assert (spool.delete_orphans(begun_at), documents(db)) == (0, len(files) + len(chunks))
    assert (spool.delete_orphans(begun_at + timedelta(seconds=1)), documents(db)) == (1, 0)
    assert file.id == files[0]["_id"]


def test_without_space_on_the_disk_no_file_is_received(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "_free_bytes", lambda: 300_000_000.0)

    with pytest.raises(RunFailed, match="disk of MongoDB is full"):
        spool_stream.require_space(30_000_000)


def test_a_file_that_was_deleted_in_the_meantime_is_not_kept(db: Db) -> None:
    with spool_stream.received(readinto(CONTENT), "a.nc") as file:
        spool.delete(file.id)
        with pytest.raises(RunFailed, match="was deleted"):
            spool_stream.keep(file)

    assert documents(db) == 0


@pytest.mark.parametrize("size_bytes", [1, 255 * 1024, 300_000, 3_000_000])
def test_blocks_of_any_size_are_stored_as_chunks_of_gridfs(db: Db, tmp_path: Path, size_bytes: int) -> None:
    content = CONTENT[: size_bytes * 3]
    blocks = [content[start : start + size_bytes] for start in range(0, len(content), size_bytes)]

    file_id = spool_stream.put_blocks("a.nc", [*blocks[:1], b"", *blocks[1:]])

    assert spool.write(file_id, "a.nc", tmp_path).read_bytes() == content
    assert db["spool.files"].find_one({"unfinished": True}) is None
