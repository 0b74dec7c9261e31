"""The change log: the invalidated tags of every commit, numbered in commit order, retained for an hour."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ReadPreference, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.read_concern import ReadConcern

from app.events import Change, Mark
from app.extensions import mongo

# Only majority-committed changes: others could be rolled back after the loss of the primary. Only from the primary: on
# a secondary that lags, the log would appear to go backwards.
_COMMITTED: dict[str, Any] = {"read_concern": ReadConcern("majority"), "read_preference": ReadPreference.PRIMARY}


def append(tags: Sequence[str], at: datetime, session: ClientSession) -> int:
    """Append a change in the transaction that makes it; returns its number.

    The number comes from one document, so concurrent importers wait for each other and numbers are in commit order.
    Each change has a random word and names the word of its predecessor: a log that was rolled back, or restored from
    a backup and continued, reuses numbers but not words.
    """
    token = secrets.token_hex(8)
    before = mongo.db.counters.find_one_and_update(
        {"_id": "changes"},
        {"$inc": {"n": 1}, "$set": {"word": token}},
        upsert=True,
        return_document=ReturnDocument.BEFORE,
        session=session,
    )
    previous = _mark(before)
    number = previous.number + 1
    change = {"_id": number, "number": number, "word": token, "follows": previous.epoch_token}
    mongo.db.changes.insert_one({**change, "tags": list(tags), "at": at}, session=session)
    return number


def since(number: int, limit: int) -> list[Change]:
    """At most `limit` changes after `number`, in order."""
    log = mongo.db.changes.with_options(**_COMMITTED)
    cursor = log.find({"_id": {"$gt": number}}).sort("_id", 1).limit(limit)
    return [
        Change(Mark(doc["number"], doc.get("word", "")), doc.get("follows", ""), tuple(doc["tags"]), doc.get("at"))
        for doc in cursor
    ]


def latest() -> Mark:
    """The last change; number 0 before the first."""
    return _mark(mongo.db.counters.with_options(**_COMMITTED).find_one({"_id": "changes"}))


def _mark(counter: dict[str, Any] | None) -> Mark:
    return Mark(int(counter["n"]), str(counter.get("word", ""))) if counter else Mark(0, "")
