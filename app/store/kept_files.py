"""Files of ended dry runs in the spool: kept for a day, so that their import needs no second upload."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from app.domain.uploads import Upload
from app.extensions import mongo
from app.store import spool

# A person who checks files reads the reports and imports them on the same day.
KEPT_FOR = timedelta(days=1)
# Of each key, the latest ones. An operator checks about as many files in a day.
MOST_FILES = 200


def keep(upload: Upload, ended_at: datetime) -> None:
    """Keep the file of an ended dry run. Does nothing if the file does not belong to it any more."""
    change = {"$set": {"kept_until": ended_at + KEPT_FOR}, "$unset": {"task": "", "arguments": ""}}
    _files().update_one({"_id": upload.spool_id, "task": upload.id}, change)


def kept_until(upload: Upload) -> datetime | None:
    """The time until which the file of a dry run can be imported; None if it cannot."""
    if not upload.dry_run or upload.ended_at is None or upload.state != "done":
        return None
    doc = _files().find_one(_importable(upload, datetime.now(UTC)), {"kept_until": 1})
    return None if doc is None else doc.get("kept_until", upload.ended_at + KEPT_FOR)


def is_stored(upload: Upload, at: datetime, session: ClientSession | None = None) -> bool:
    """True if the file of an upload is stored for an import, or for the end of its dry run."""
    query = {"_id": upload.spool_id, "$or": [{"kept_until": None}, {"kept_until": {"$gt": at}}]}
    return _files().find_one(query, {"_id": 1}, session=session) is not None


def claim(upload: Upload, task_id: str, arguments: dict[str, Any], at: datetime, session: ClientSession) -> bool:
    """Give the file of an ended dry run to the task that imports it; False if it is no longer kept."""
    change = {"$set": {"task": task_id, "arguments": arguments}, "$unset": {"kept_until": ""}}
    return _files().update_one(_importable(upload, at), change, session=session).modified_count == 1


def delete_surplus(key_id: str, most_bytes: int) -> None:
    """Delete the oldest kept files of this key, so that the others are 200 with this many bytes, or one file."""
    query = {"key_id": key_id, "kept_until": {"$exists": True}}
    total_bytes = 0
    for number, doc in enumerate(_files().find(query, {"length": 1}).sort("kept_until", -1)):
        total_bytes += doc["length"]
        if number and (number >= MOST_FILES or total_bytes > most_bytes):
            _delete(doc["_id"])


def delete_expired(now: datetime) -> int:
    """Delete the kept files whose time is over; returns their number."""
    expired = [doc["_id"] for doc in _files().find({"kept_until": {"$lte": now}}, {"_id": 1})]
    return sum(_delete(file_id) for file_id in expired)


def _importable(upload: Upload, at: datetime) -> dict[str, Any]:
    # The file is kept shortly after the result is stored: until then, it belongs to the task of the dry run.
    return {"_id": upload.spool_id, "$or": [{"kept_until": {"$gt": at}}, {"task": upload.id}]}


def _delete(file_id: str) -> bool:
    """True if the file was deleted; an import may have claimed it in the meantime."""
    if not _files().delete_one({"_id": file_id, "kept_until": {"$exists": True}}).deleted_count:
        return False
    spool.delete(file_id)
    return True


def _files() -> Collection[dict[str, Any]]:
    return mongo.db[f"{spool.BUCKET}.files"]
