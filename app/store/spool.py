"""Files that wait for a worker, in GridFS: every worker can read them, and none is lost with a worker or the broker."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from gridfs import GridFSBucket, NoFile

from app.extensions import mongo

BUCKET = "spool"
# Longer names do not fit into a file name with the suffixes that an import adds.
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class SpooledTask:
    """A task that imports files of the spool, with its arguments."""

    id: str
    arguments: dict[str, Any]


def put(path: Path) -> str:
    """Store a copy of the file; returns its id."""
    file_id = uuid4().hex
    with path.open("rb") as stream:
        _bucket().upload_from_stream_with_id(file_id, path.name, stream)
    return file_id


def note_task(file_id: str, task_id: str, arguments: dict[str, Any]) -> None:
    """Record the task that imports this file, so that it can be queued again if the broker loses it."""
    mongo.db[f"{BUCKET}.files"].update_one({"_id": file_id}, {"$set": {"task": task_id, "arguments": arguments}})


def tasks_before(moment: datetime, most: int) -> list[SpooledTask]:
    """The tasks of files that have been stored before this moment, the oldest first."""
    query = {"uploadDate": {"$lt": moment}, "task": {"$exists": True}}
    found = mongo.db[f"{BUCKET}.files"].find(query, {"task": 1, "arguments": 1}).sort("uploadDate", 1).limit(most)
    return [SpooledTask(doc["task"], doc["arguments"]) for doc in found]


def write(file_id: str, name: str, folder: Path) -> Path:
    """Write a stored file into the folder under this name. Raises LookupError if it is no longer stored."""
    plain = Path(name).name
    path = folder / (plain if 0 < len(plain) <= _LONGEST_NAME and plain not in (".", "..") else "data")
    with path.open("wb") as stream:
        try:
            _bucket().download_to_stream(file_id, stream)
        except NoFile as error:
            raise LookupError(file_id) from error
    return path


def delete(file_id: str) -> None:
    """Delete a file; does nothing if it is no longer stored."""
    mongo.db[f"{BUCKET}.files"].delete_one({"_id": file_id})
    mongo.db[f"{BUCKET}.chunks"].delete_many({"files_id": file_id})


def _bucket() -> GridFSBucket:
    return GridFSBucket(mongo.db, BUCKET)
