"""The change log: what was outdated when, numbered in the order of commits; kept for an hour."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from app.extensions import mongo


def append(tags: Sequence[str], at: datetime, session: ClientSession) -> int:
    """Logs a change in the transaction that makes it, and returns its number.

    The number comes from one document, so of two importers one waits: numbers are in the order of their commits.
    """
    counter = mongo.db.counters.find_one_and_update(
        {"_id": "changes"}, {"$inc": {"n": 1}}, upsert=True, return_document=ReturnDocument.AFTER, session=session
    )
    number = int(counter["n"]) if counter else 1
    mongo.db.changes.insert_one({"_id": number, "number": number, "tags": list(tags), "at": at}, session=session)
    return number


def since(number: int, limit: int) -> list[tuple[int, list[str]]]:
    """At most `limit` changes beyond `number`, in order: (number, tags)."""
    wanted = {"number": 1, "tags": 1}
    found = mongo.db.changes.find({"_id": {"$gt": number}}, wanted).sort("_id", 1).limit(limit)
    return [(doc["number"], doc["tags"]) for doc in found]


def latest() -> int:
    """The number of the last change; 0 before the first."""
    counter = mongo.db.counters.find_one({"_id": "changes"})
    return int(counter["n"]) if counter else 0
