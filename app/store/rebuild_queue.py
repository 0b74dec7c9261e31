"""Queue of pending rebuilds of derived documents. It outlives a killed importer: the next import runs it."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ReadPreference
from pymongo.client_session import ClientSession

from app.extensions import mongo

_SECTIONS = re.compile("^sections:")
# Entries of earlier releases have no time.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

# The kinds of scopes, and the documents that are rebuilt for each.
_DOCUMENTS = {
    "basins": "basins",
    "mission": "tracks",
    "updates": "updates",
    "subtotals": "subtotals",
    "totals": "totals",
    "sections": "sections",
}


def sums_of(platforms: Iterable[str]) -> tuple[str, ...]:
    """The scopes of all sums that include these platforms."""
    return (*sorted({f"subtotals:{platform}" for platform in platforms}), "totals")


def mark(scopes: Sequence[str], number: int, session: ClientSession) -> None:
    """Queue these scopes (`mission:p/m`, `updates:p`, those of `sums_of`, …) for a rebuild because of that change."""
    change = {"$set": {"number": number}, "$setOnInsert": {"at": datetime.now(UTC)}}
    for scope in scopes:
        mongo.db.derived_pending.update_one({"_id": scope}, change, upsert=True, session=session)


def scopes() -> list[str]:
    """All queued scopes except sections, which take longer."""
    cursor = mongo.db.derived_pending.find({"_id": {"$not": _SECTIONS}}, {"_id": 1}).sort("_id", 1)
    return [doc["_id"] for doc in cursor]


def sections() -> list[str]:
    """The queued scopes of sections (`sections:p/m`)."""
    return [doc["_id"] for doc in mongo.db.derived_pending.find({"_id": _SECTIONS}, {"_id": 1}).sort("_id", 1)]


def sections_since() -> list[tuple[str, datetime]]:
    """The queued scopes of sections with the time of queuing, oldest first."""
    cursor = mongo.db.derived_pending.find({"_id": _SECTIONS}, {"at": 1}).sort("at", 1)
    return [(doc["_id"], doc.get("at", _LONG_AGO)) for doc in cursor]


def number(scope: str) -> int | None:
    """The number of the last change that queued the scope, read from the primary; None if it is not queued."""
    doc = mongo.db.derived_pending.with_options(read_preference=ReadPreference.PRIMARY).find_one({"_id": scope})
    return None if doc is None else int(doc["number"])


def clear_up_to(scope: str, number: int, session: ClientSession) -> None:
    """Remove a scope from the queue unless a later change than this queued it."""
    mongo.db.derived_pending.delete_one({"_id": scope, "number": {"$lte": number}}, session=session)


def waiting(most: int) -> tuple[int, datetime | None]:
    """The number of queued scopes, counted up to `most`, and the time of the oldest; None without a known time."""
    oldest = mongo.db.derived_pending.find_one({"at": {"$type": "date"}}, {"at": 1}, sort=[("at", 1)])
    return mongo.db.derived_pending.count_documents({}, limit=most), oldest["at"] if oldest else None


def oldest() -> dict[str, datetime | None]:
    """Since when the oldest scope of each kind of document is queued; None if none is. Unknown times are left out."""
    kind = {"$arrayElemAt": [{"$split": ["$_id", ":"]}, 0]}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"at": {"$type": "date"}}},
        {"$group": {"_id": kind, "at": {"$min": "$at"}}},
        {"$limit": len(_DOCUMENTS)},
    ]
    queued = {doc["_id"]: doc["at"] for doc in mongo.db.derived_pending.aggregate(pipeline)}
    return {document: queued.get(kind) for kind, document in _DOCUMENTS.items()}


def clear(scope: str, session: ClientSession) -> bool:
    """Remove a scope in the transaction that rebuilds it; False if another process has removed it."""
    return mongo.db.derived_pending.delete_one({"_id": scope}, session=session).deleted_count == 1


def forget(scopes: Sequence[str], session: ClientSession) -> None:
    """Remove the scopes of deleted data."""
    mongo.db.derived_pending.delete_many({"_id": {"$in": list(scopes)}}, session=session)
