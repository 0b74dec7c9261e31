"""Files that wait for a worker, in GridFS: every worker can read them, and none is lost with a worker or the broker.

`spool_stream` stores them.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bson import ObjectId
from gridfs import GridFSBucket, NoFile
from pymongo.client_session import ClientSession

from app.extensions import mongo

BUCKET = "spool"
_FILES, _CHUNKS = f"{BUCKET}.files", f"{BUCKET}.chunks"
# In bytes. Longer names do not fit into a file name with the suffixes that an import adds.
_LONGEST_NAME = 120
# In one call; the next one continues.
_MOST_ORPHANS = 1_000


@dataclass(frozen=True, slots=True)
class SpooledTask:
    """A task that imports files of the spool, with its arguments."""

    id: str
    arguments: dict[str, Any]


def note_task(file_id: str, task_id: str, arguments: dict[str, Any], session: ClientSession | None = None) -> None:
    """Record the task that imports this file, so that it can be queued again if the broker loses it.

    Its companions, which `arguments` name, belong to the same task.
    """
    files = mongo.db[_FILES]
    files.update_one({"_id": file_id}, {"$set": {"task": task_id, "arguments": arguments}}, session=session)
    companions = [each["id"] for each in arguments.get("files", ()) if each["id"] != file_id]
    if companions:
        files.update_many({"_id": {"$in": companions}}, {"$set": {"task": task_id}}, session=session)


def forget_trial(file_id: str) -> None:
    """Record that no task imports the file for now: `recover` must not queue its dry run.

    After the approval of an operator, the file has the task that imports it, which stays.
    """
    mongo.db[_FILES].update_one({"_id": file_id, "arguments.dry_run": True}, {"$unset": {"task": "", "arguments": ""}})


def tasks_before(moment: datetime, most: int) -> list[SpooledTask]:
    """The tasks of files that have been stored before this moment, the oldest first."""
    query = {"uploadDate": {"$lt": moment}, "task": {"$exists": True}, "arguments": {"$exists": True}}
    found = mongo.db[_FILES].find(query, {"task": 1, "arguments": 1}).sort("uploadDate", 1).limit(most)
    return [SpooledTask(doc["task"], doc["arguments"]) for doc in found]


def pending_bytes(key_id: str) -> int:
    """The bytes of all files with this API key that wait for their import or for an operator."""
    pipeline: list[dict[str, Any]] = [
        {"$match": {"key_id": key_id, "kept_until": None}},
        {"$group": {"_id": None, "bytes": {"$sum": "$length"}}},
    ]
    return sum(int(doc["bytes"]) for doc in mongo.db[_FILES].aggregate(pipeline))


def write(file_id: str, name: str, folder: Path) -> Path:
    """Write a stored file into the folder under this name. Raises LookupError if it is no longer stored."""
    path = folder / _short(Path(name).name)
    with path.open("wb") as stream:
        try:
            _bucket().download_to_stream(file_id, stream)
        except NoFile as error:
            raise LookupError(file_id) from error
    return path


def _short(name: str) -> str:
    """The name of a file; a long one is cut before its suffix, by which the format is found."""
    if name in ("", ".", ".."):
        return "data"
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    suffix = Path(name).suffix
    stem_bytes = max(_LONGEST_NAME - len(os.fsencode(suffix)), 0)
    stem = os.fsencode(Path(name).stem)[:stem_bytes].decode(errors="ignore")
    return f"{stem}{suffix}" if stem else "data"


def delete(file_id: str) -> None:
    """Delete a file; does nothing if it is no longer stored."""
    mongo.db[_FILES].delete_one({"_id": file_id})
    mongo.db[_CHUNKS].delete_many({"files_id": file_id})


def delete_orphans(before: datetime) -> int:
    """Delete files from before this moment that no task imports, and chunks without a file; returns their number.

    A process that was killed leaves them: while it received or deleted a file, or before it queued its task. No process
    receives a file for so long. The files of uploads that wait for an operator stay, and those of dry runs
    (`kept_files`).
    """
    query = {"uploadDate": {"$lt": before}, "task": {"$exists": False}, "kept_until": {"$exists": False}}
    found = mongo.db[_FILES].find(query, {"_id": 1}).limit(_MOST_ORPHANS)
    orphans = [doc["_id"] for doc in found if not _is_needed(doc["_id"])]
    # Chunks have no date but that of their ids.
    begun = mongo.db[_CHUNKS].distinct("files_id", {"n": 0, "_id": {"$lt": ObjectId.from_datetime(before)}})
    complete = {doc["_id"] for doc in mongo.db[_FILES].find({"_id": {"$in": begun}}, {"_id": 1})}
    orphans += [file_id for file_id in begun[:_MOST_ORPHANS] if file_id not in complete]
    for file_id in orphans:
        delete(file_id)
    return len(orphans)


def _is_needed(file_id: str) -> bool:
    """True if a task names the file as a companion, which earlier releases did not record, or an upload waits."""
    if mongo.db[_FILES].find_one({"arguments.files.id": file_id}, {"_id": 1}) is not None:
        return True
    query = {"spool_id": file_id, "ended_at": {"$exists": False}}
    return mongo.db.uploads.find_one(query, {"_id": 1}) is not None


def _bucket() -> GridFSBucket:
    return GridFSBucket(mongo.db, BUCKET)
