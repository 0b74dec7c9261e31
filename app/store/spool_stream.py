"""Store files in the spool, in blocks and with their digest: no process holds a file as a whole.

A file is marked as unfinished until it is complete and kept. `spool.delete_orphans` deletes what killed processes
leave.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pymongo
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from app.errors import RunFailed
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


def put(path: Path) -> str:
    """Store a copy of the file; returns its id. Raises OSError if the file cannot be read."""
    with path.open("rb") as stream:
        return _put(stream.readinto, path.name)


def put_blocks(name: str, blocks: Iterable[bytes]) -> str:
    """Store these bytes as a file; returns its id. If `blocks` raises, nothing is stored."""
    return _put(_reading(blocks), name)


def require_space(size_bytes: int) -> None:
    """Raises RunFailed if the disk of MongoDB lacks the space for a file of this size."""
    DiskSpace().require(_WRITTEN_BYTES * size_bytes)


@contextmanager
def received(read_into: ReadInto, name: str) -> Iterator[Received]:
    """The file for the duration of the block, which keeps it with `keep`; else it is deleted at the end.

    Raises what `read_into` raises, and pymongo's errors.
    """
    file_id = uuid4().hex
    # If this process is killed, the chunks are found by this document.
    about = {"filename": name, "chunkSize": _CHUNK_BYTES, "length": 0, "uploadDate": datetime.now(UTC)}
    with pymongo.timeout(_WRITE_TIMEOUT_S):
        _files().insert_one({"_id": file_id, **about, "unfinished": True})
    try:
        yield _stored(read_into, file_id)
    finally:
        # Without MongoDB, it is an orphan that is deleted later.
        with suppress(PyMongoError):
            if _files().find_one({"_id": file_id, "unfinished": True}, {"_id": 1}) is not None:
                spool.delete(file_id)


def keep(file: Received, key_id: str | None = None, session: ClientSession | None = None) -> None:
    """Make the file part of the spool, with the API key that has sent it. Raises RunFailed if it was deleted."""
    fields = {"length": file.size_bytes, **({} if key_id is None else {"key_id": key_id})}
    change = {"$set": fields, "$unset": {"unfinished": ""}}
    if not _files().update_one({"_id": file.id, "unfinished": True}, change, session=session).matched_count:
        raise RunFailed("The file took longer than a day to arrive and was deleted.")


def _put(read_into: ReadInto, name: str) -> str:
    with received(read_into, name) as file:
        keep(file)
    return file.id


def _reading(blocks: Iterable[bytes]) -> ReadInto:
    """A source of the bytes of these blocks."""
    remaining, rest = iter(blocks), memoryview(b"")

    def read_into(buffer: memoryview) -> int:
        nonlocal rest
        while not rest:
            if (block := next(remaining, None)) is None:
                return 0
            rest = memoryview(block)
        count = min(len(buffer), len(rest))
        buffer[:count], rest = rest[:count], rest[count:]
        return count

    return read_into


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
