"""What derives from changed data and has not been rebuilt yet. A killed importer's successor finds it here."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pymongo.client_session import ClientSession

from app.extensions import mongo


def mark(scopes: Sequence[str], number: int, session: ClientSession) -> None:
    """Says that these scopes (`mission:p/m`, `updates:p`, `totals`) are outdated since that change."""
    change = {"$set": {"number": number}, "$setOnInsert": {"at": datetime.now(UTC)}}
    for scope in scopes:
        mongo.db.derived_pending.update_one({"_id": scope}, change, upsert=True, session=session)


def scopes() -> list[str]:
    """All outdated scopes."""
    return [doc["_id"] for doc in mongo.db.derived_pending.find({}, {"_id": 1}).sort("_id", 1)]


def waiting(most: int) -> tuple[int, datetime | None]:
    """How many scopes are outdated, counted up to `most`, and since when the oldest is; None when none says."""
    oldest = mongo.db.derived_pending.find_one({"at": {"$type": "date"}}, {"at": 1}, sort=[("at", 1)])
    return mongo.db.derived_pending.count_documents({}, limit=most), oldest["at"] if oldest else None


def clear(scope: str, session: ClientSession) -> bool:
    """Takes a scope off, in the transaction that rebuilds it; False when somebody else did."""
    return mongo.db.derived_pending.delete_one({"_id": scope}, session=session).deleted_count == 1


def forget(scopes: Sequence[str], session: ClientSession) -> None:
    """Takes scopes off that derive from something that is no longer there."""
    mongo.db.derived_pending.delete_many({"_id": {"$in": list(scopes)}}, session=session)
