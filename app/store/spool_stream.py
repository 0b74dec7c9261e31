"""Receive a file into the spool in blocks, with its digest: no process holds the file as a whole, and no disk does."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pymongo
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from app.extensions import mongo
from app.store import spool
from app.store.disk_space import DiskSpace

# Fills the buffer, or a part of it, and returns the number of bytes; 0 at the end.
ReadInto = Callable[[memoryview], int]

# GridFS's default.
_CHUNK_BYTES = 255 * 1024
# A megabyte in each write: the memory of an upload is this, and the driver's copy of it.
_CHUNKS_AT_ONCE = 4
# For each byte: the file, and MongoDB's journal and replication log.
_WRITTEN_BYTES = 2
# A majority acknowledges a megabyte within a second; the deadline of a page request is too short for an election.
_WRITE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Received:
    """A file that is stored, but not yet part of the spool."""

    id: str
    sha256: str
    size_bytes: int


@contextmanager
def received(read_into: ReadInto, name: str, size_bytes: int) -> Iterator[Received]:
    """The file for the duration of the block, which keeps it with `keep`; else it is deleted at the end.

    Raises RunFailed if the disk of MongoDB lacks the space, what `read_into` raises, and pymongo's errors.
    """
    DiskSpace().require(_WRITTEN_BYTES * size_bytes)
    file_id = uuid4().hex
    # If this process is killed, `sweep` finds the chunks by this document.
    about = {"filename": name, "chunkSize": _CHUNK_BYTES, "length": 0, "uploadDate": datetime.now(UTC)}
    with pymongo.timeout(_WRITE_TIMEOUT_S):
        _files().insert_one({"_id": file_id, **about, "unfinished": True})
    try:
        yield _stored(read_into, file_id)
    finally:
        # Without MongoDB, `sweep` does it later.
        with suppress(PyMongoError):
            if _files().find_one({"_id": file_id, "unfinished": True}, {"_id": 1}) is not None:
                spool.delete(file_id)


def keep(file: Received, task_id: str, arguments: dict[str, Any], key_id: str, session: ClientSession) -> None:
    """Make the file part of the spool, with the task that imports it and the API key that has sent it."""
    change = {"$set": {"length": file.size_bytes, "key_id": key_id}, "$unset": {"unfinished": ""}}
    _files().update_one({"_id": file.id}, change, session=session)
    note_task(file.id, task_id, arguments, session)


def note_task(file_id: str, task_id: str, arguments: dict[str, Any], session: ClientSession) -> None:
    """As `spool.note_task`, in a transaction."""
    _files().update_one({"_id": file_id}, {"$set": {"task": task_id, "arguments": arguments}}, session=session)


def forget_trial(file_id: str) -> None:
    """Record that no task imports the file for now: `recover` must not queue its dry run.

    After the approval of an operator, the file has the task that imports it, which stays.
    """
    _files().update_one({"_id": file_id, "arguments.dry_run": True}, {"$unset": {"task": "", "arguments": ""}})


def sweep(before: datetime) -> int:
    """Delete what processes that were killed have received before this moment; the number of files."""
    ids = [doc["_id"] for doc in _files().find({"unfinished": True, "uploadDate": {"$lt": before}}, {"_id": 1})]
    for file_id in ids:
        spool.delete(file_id)
    return len(ids)


def _stored(read_into: ReadInto, file_id: str) -> Received:
    digest, size_bytes, number = hashlib.sha256(), 0, 0
    buffer = memoryview(bytearray(_CHUNK_BYTES))
    batch: list[dict[str, Any]] = []
    while count := _filled(read_into, buffer):
        data = bytes(buffer[:count])
        digest.update(data)
        size_bytes += count
        batch.append({"files_id": file_id, "n": number, "data": data})
        number += 1
        if len(batch) == _CHUNKS_AT_ONCE:
            _write(batch)
            batch = []
    _write(batch)
    return Received(file_id, digest.hexdigest(), size_bytes)


def _filled(read_into: ReadInto, buffer: memoryview) -> int:
    """Fill the buffer as far as there are bytes; their number."""
    filled = 0
    while filled < len(buffer) and (count := read_into(buffer[filled:])):
        filled += count
    return filled


def _write(batch: list[dict[str, Any]]) -> None:
    if batch:
        with pymongo.timeout(_WRITE_TIMEOUT_S):
            mongo.db[f"{spool.BUCKET}.chunks"].insert_many(batch, ordered=False)


def _files() -> Any:
    return mongo.db[f"{spool.BUCKET}.files"]
