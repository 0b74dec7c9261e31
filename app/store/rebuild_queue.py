"""What derives from changed data and has not been rebuilt yet. A killed importer's successor finds it here."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from pymongo import ReadPreference
from pymongo.client_session import ClientSession

from app.extensions import mongo

_SECTIONS = re.compile("^sections:")
# What an earlier release marked says no time.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def sums_of(platforms: Iterable[str]) -> tuple[str, ...]:
    """The scopes of all sums in which these platforms count."""
    return (*sorted({f"subtotals:{platform}" for platform in platforms}), "totals")


def mark(scopes: Sequence[str], number: int, session: ClientSession) -> None:
    """Says that these scopes (`mission:p/m`, `updates:p`, those of `sums_of`, …) are outdated since that change."""
    change = {"$set": {"number": number}, "$setOnInsert": {"at": datetime.now(UTC)}}
    for scope in scopes:
        mongo.db.derived_pending.update_one({"_id": scope}, change, upsert=True, session=session)


def scopes() -> list[str]:
    """All outdated scopes but those of sections, which take their time."""
    found = mongo.db.derived_pending.find({"_id": {"$not": _SECTIONS}}, {"_id": 1}).sort("_id", 1)
    return [doc["_id"] for doc in found]


def sections() -> list[str]:
    """The scopes of missions (`sections:p/m`) whose sections are outdated."""
    return [doc["_id"] for doc in mongo.db.derived_pending.find({"_id": _SECTIONS}, {"_id": 1}).sort("_id", 1)]


def sections_since() -> list[tuple[str, datetime]]:
    """The same with the time since when they are outdated, the oldest first."""
    found = mongo.db.derived_pending.find({"_id": _SECTIONS}, {"at": 1}).sort("at", 1)
    return [(doc["_id"], doc.get("at", _LONG_AGO)) for doc in found]


def number(scope: str) -> int | None:
    """The last change that outdates the scope, as the primary knows it; None when nothing does."""
    doc = mongo.db.derived_pending.with_options(read_preference=ReadPreference.PRIMARY).find_one({"_id": scope})
    return None if doc is None else int(doc["number"])


def clear_up_to(scope: str, number: int, session: ClientSession) -> None:
    """Takes a scope off that no later change than this outdates."""
    mongo.db.derived_pending.delete_one({"_id": scope, "number": {"$lte": number}}, session=session)


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
