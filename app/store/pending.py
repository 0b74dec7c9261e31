"""What derives from changed data and has not been rebuilt yet. A killed importer's successor finds it here."""

from collections.abc import Sequence

from pymongo.client_session import ClientSession

from app.extensions import mongo


def mark(scopes: Sequence[str], number: int, session: ClientSession) -> None:
    """Says that these scopes (`mission:p/m`, `totals`) are outdated since that change."""
    for scope in scopes:
        mongo.db.derived_pending.update_one({"_id": scope}, {"$set": {"number": number}}, upsert=True, session=session)


def scopes() -> list[str]:
    """All outdated scopes."""
    return [doc["_id"] for doc in mongo.db.derived_pending.find({}, {"_id": 1}).sort("_id", 1)]


def clear(scope: str, session: ClientSession) -> bool:
    """Takes a scope off, in the transaction that rebuilds it; False when somebody else did."""
    return mongo.db.derived_pending.delete_one({"_id": scope}, session=session).deleted_count == 1
