"""Queue of pending rebuilds of derived documents. It outlives a killed importer: the next import runs it.

A rebuild that failed because of its data is parked with its cause: only a new change, or `halocline verify --repair`,
queues it again. Other rebuilds do not wait for it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

from pymongo import ReadPreference, UpdateOne
from pymongo.client_session import ClientSession

from app.domain.import_log import ParkedRebuild
from app.extensions import mongo
from app.store import change_log, transactions

_SECTIONS = re.compile("^sections:")
_NOT_PARKED: dict[str, Any] = {"parked": {"$exists": False}}
_CHANGED_SECTIONS: dict[str, Any] = {"_id": _SECTIONS, "backlog": {"$exists": False}, **_NOT_PARKED}
_PARKED: dict[str, Any] = {"parked": {"$exists": True}}
# Entries of earlier releases have no time.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# A transaction of so many marks takes a tenth of a second; importers wait for it, because it appends to the change log.
_MARKED_AT_ONCE = 1000

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
    """Queue these scopes (`mission:p/m`, `updates:p`, those of `sums_of`, …) for a rebuild because of that change.

    Parked scopes are queued again.
    """
    change = {
        "$set": {"number": number},
        "$setOnInsert": {"at": datetime.now(UTC)},
        "$unset": {"parked": "", "backlog": ""},
    }
    _write(scopes, change, session)


def mark_backlog(scopes: Iterable[str]) -> None:
    """Queue these scopes because a new release derives them differently, in transactions of bounded size.

    Killed at any point and run again, every scope is queued once. A scope that a change of its data has queued keeps
    its place before the backlog. Entries of the backlog have no time: their age is no sign of a fault.
    """
    remaining = iter(scopes)
    while batch := list(islice(remaining, _MARKED_AT_ONCE)):
        transactions.run(partial(_mark_batch, batch))


def _mark_batch(scopes: Sequence[str], session: ClientSession) -> None:
    # The number must be that of a new change: a rebuild for an older one would be discarded.
    number = change_log.append(("rebuilds",), datetime.now(UTC), session)
    change = {"$set": {"number": number}, "$setOnInsert": {"backlog": True}, "$unset": {"parked": ""}}
    _write(scopes, change, session)


def _write(scopes: Sequence[str], change: dict[str, Any], session: ClientSession) -> None:
    if scopes:
        writes = [UpdateOne({"_id": scope}, change, upsert=True) for scope in scopes]
        mongo.db.derived_pending.bulk_write(writes, ordered=False, session=session)


def park(scope: str, number: int, cause: str) -> None:
    """Park a scope whose rebuild failed, unless a later change than this queued it."""
    parked = {"at": datetime.now(UTC), "cause": cause}
    mongo.db.derived_pending.update_one({"_id": scope, "number": {"$lte": number}}, {"$set": {"parked": parked}})


def parked(most: int) -> list[ParkedRebuild]:
    """The parked scopes, the latest first."""
    cursor = mongo.db.derived_pending.find(_PARKED, {"parked": 1}).sort("parked.at", -1).limit(most)
    return [ParkedRebuild(doc["_id"], doc["parked"]["at"], doc["parked"]["cause"]) for doc in cursor]


def parked_count() -> int:
    """The number of parked scopes."""
    return mongo.db.derived_pending.count_documents(_PARKED)


def scopes() -> list[str]:
    """All queued scopes except sections, which take longer, and parked ones."""
    cursor = mongo.db.derived_pending.find({"_id": {"$not": _SECTIONS}, **_NOT_PARKED}, {"_id": 1}).sort("_id", 1)
    return [doc["_id"] for doc in cursor]


def sections() -> list[str]:
    """The scopes of sections (`sections:p/m`) that changes of data have queued, without parked ones."""
    return [doc["_id"] for doc in mongo.db.derived_pending.find(_CHANGED_SECTIONS, {"_id": 1}).sort("_id", 1)]


def section_backlog() -> Iterator[str]:
    """The scopes of sections that `mark_backlog` has queued, without parked ones, read one after the other."""
    after = ""
    while True:
        query = {"_id": {"$regex": _SECTIONS, "$gt": after}, "backlog": True, **_NOT_PARKED}
        doc = mongo.db.derived_pending.find_one(query, {"_id": 1}, sort=[("_id", 1)])
        if doc is None:
            return
        yield (after := doc["_id"])


def sections_since() -> list[tuple[str, datetime]]:
    """The scopes of `sections` with the time of queuing, oldest first."""
    cursor = mongo.db.derived_pending.find(_CHANGED_SECTIONS, {"at": 1}).sort("at", 1)
    return [(doc["_id"], doc.get("at", _LONG_AGO)) for doc in cursor]


def number(scope: str) -> int | None:
    """The number of the last change that queued the scope, read from the primary; None if it is not queued."""
    doc = mongo.db.derived_pending.with_options(read_preference=ReadPreference.PRIMARY).find_one({"_id": scope})
    return None if doc is None else int(doc["number"])


def clear_up_to(scope: str, number: int, session: ClientSession) -> None:
    """Remove a scope from the queue unless a later change than this queued it."""
    mongo.db.derived_pending.delete_one({"_id": scope, "number": {"$lte": number}}, session=session)


def waiting(most: int) -> tuple[int, datetime | None]:
    """The number of queued scopes, without parked ones and up to `most`, and the time of the oldest if it is known."""
    query = {"at": {"$type": "date"}, **_NOT_PARKED}
    oldest = mongo.db.derived_pending.find_one(query, {"at": 1}, sort=[("at", 1)])
    return mongo.db.derived_pending.count_documents(_NOT_PARKED, limit=most), oldest["at"] if oldest else None


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
