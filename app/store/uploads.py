"""Uploads: one document for each, with the state of its import and the result."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from app.domain.audit import Actor
from app.domain.uploads import Decision, State, Upload, UploadOptions
from app.extensions import mongo

Document = dict[str, Any]

# Until a worker has ended with it.
_OPEN: tuple[State, ...] = ("received", "queued", "running")


def find(upload_id: str, session: ClientSession | None = None) -> Upload | None:
    """The upload, or None."""
    return _upload(mongo.db.uploads.find_one({"_id": upload_id}, session=session))


def put(upload: Upload, session: ClientSession) -> None:
    """Store a new upload. Raises pymongo's DuplicateKeyError if there is one with its id."""
    doc = asdict(upload)
    # A TTL index ignores documents without the field.
    mongo.db.uploads.insert_one({"_id": doc.pop("id"), **_without_none(doc)}, session=session)


def replace(upload: Upload, session: ClientSession) -> None:
    """Replace the upload with the id of this one."""
    doc = asdict(upload)
    mongo.db.uploads.replace_one({"_id": doc.pop("id")}, _without_none(doc), session=session)


def waiting(provider: str | None, limit: int) -> list[Upload]:
    """The uploads of this provider, or of all for None, that wait for an operator, the oldest first."""
    query = {"state": "waiting", **({} if provider is None else {"provider": provider})}
    found = mongo.db.uploads.find(query).sort([("received_at", 1), ("_id", 1)]).limit(limit)
    return [upload for doc in found if (upload := _upload(doc)) is not None]


def waiting_since(before: datetime, limit: int) -> list[Upload]:
    """The uploads that have waited for an operator since before this moment, the oldest first."""
    # Earlier releases did not store when an upload began to wait.
    begun = [{"waiting_at": {"$lt": before}}, {"waiting_at": None, "received_at": {"$lt": before}}]
    query = {"state": "waiting", "$or": begun}
    found = mongo.db.uploads.find(query).sort([("received_at", 1), ("_id", 1)]).limit(limit)
    return [upload for doc in found if (upload := _upload(doc)) is not None]


def count_undecided(key_id: str, most: int) -> int:
    """The number of uploads with this key that wait for an operator, or will after their dry run; `most` at most."""
    states = [*_OPEN, "waiting"]
    query = {"key_id": key_id, "has_quarantine": True, "decision": None, "state": {"$in": states}}
    return mongo.db.uploads.count_documents(query, limit=most)


def note_queued(upload_id: str) -> None:
    """Record that the task is queued, unless a worker has begun already."""
    mongo.db.uploads.update_one({"_id": upload_id, "state": "received"}, {"$set": {"state": "queued"}})


def begin(upload_id: str, dry_run: bool) -> Upload | None:
    """Record that a worker imports the file; None if its import has ended, or waits for an operator.

    None for a dry run, too, once an operator has decided. A parked task that an operator queues again begins again.
    """
    query = {"_id": upload_id, "state": {"$in": [*_OPEN, "failed"]}, **_undecided(dry_run)}
    change = {"$set": {"state": "running"}, "$unset": {"ended_at": "", "reason": ""}}
    return _upload(mongo.db.uploads.find_one_and_update(query, change, return_document=ReturnDocument.AFTER))


def note_result(upload_id: str, state: State, result: list[Document], at: datetime, dry_run: bool) -> None:
    """Store the result of the import. An earlier one stays: the file may be imported again after a killed worker."""
    change: Document = {"state": state, "result": result, "waiting_at" if state == "waiting" else "ended_at": at}
    query = {"_id": upload_id, "state": {"$in": _OPEN}, **_undecided(dry_run)}
    mongo.db.uploads.update_one(query, {"$set": change})


def note_failure(upload_id: str, cause: str, at: datetime, dry_run: bool) -> None:
    """Record that the task is parked, and why."""
    change = {"state": "failed", "reason": cause, "ended_at": at}
    query = {"_id": upload_id, "state": {"$in": _OPEN}, **_undecided(dry_run)}
    mongo.db.uploads.update_one(query, {"$set": change})


def decide(
    upload_id: str, decision: Decision, actor: Actor, at: datetime, reason: str | None, session: ClientSession
) -> bool:
    """Record the decision of an operator; False if the upload does not wait for one."""
    rejected = {"state": "rejected", "ended_at": at, "reason": reason}
    state: Document = {"state": "received"} if decision == "approved" else rejected
    decided = {"decision": decision, "decided_by": asdict(actor), "decided_at": at}
    query = {"_id": upload_id, "state": "waiting"}
    return mongo.db.uploads.update_one(query, {"$set": {**state, **decided}}, session=session).modified_count == 1


def _undecided(dry_run: bool) -> Document:
    """The condition under which a task may change an upload: a dry run has no effect once an operator has decided."""
    return {"decision": None} if dry_run else {}


def _without_none(doc: Document) -> Document:
    return {name: value for name, value in doc.items() if value is not None}


def _upload(doc: Document | None) -> Upload | None:
    if doc is None:
        return None
    fields = {name: doc.get(name) for name in Upload.__slots__ if name in doc}
    decided_by = doc.get("decided_by")
    fields |= {
        "id": doc["_id"],
        "actor": Actor(**doc["actor"]),
        "provider": doc.get("provider"),
        "options": UploadOptions(**doc["options"]),
        "result": None if doc.get("result") is None else tuple(doc["result"]),
        "decided_by": None if decided_by is None else Actor(**decided_by),
    }
    return Upload(**fields)  # type: ignore[arg-type]
