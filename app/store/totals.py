"""Totals: derived sums, one document a scope."""

from collections.abc import Sequence

from pymongo import DeleteOne, ReplaceOne
from pymongo.client_session import ClientSession

from app.domain.totals import Totals
from app.extensions import mongo
from app.store import combined_reads
from app.store.combined_reads import Read
from app.store.documents import totals_from_document, totals_to_document


def find(scope: str) -> Totals | None:
    """The totals of a scope (`fleet`, `year:2022`, `basin:SEA-007`, `platform:smilla77`), or None."""
    doc = mongo.db.totals.find_one({"_id": scope})
    return totals_from_document(doc) if doc else None


def read(scope: str) -> Read[Totals | None]:
    """The same for a combined read."""
    return combined_reads.by_ids("totals", [scope], lambda docs: totals_from_document(docs[0]) if docs else None)


def of_kind(kind: str) -> list[Totals]:
    """All totals of a kind (`year`, `basin`, `platform`) in the order of their scopes."""
    # Years and basins number in the hundreds, platforms in the thousands; the limit guards against a broken store.
    cursor = mongo.db.totals.find({"kind": kind}).sort("_id", 1).limit(100_000)
    return [totals_from_document(doc) for doc in cursor]


def missions_of(scopes: Sequence[str]) -> dict[str, int]:
    """The number of missions of these scopes, by scope; scopes without totals are left out."""
    cursor = mongo.db.totals.find({"_id": {"$in": list(scopes)}}, {"missions": 1}).limit(max(len(scopes), 1))
    return {doc["_id"]: doc["missions"] for doc in cursor}


def longest(kind: str, limit: int) -> list[Totals]:
    """At most `limit` totals of a kind, most time at sea first."""
    order = [("time_at_sea_s", -1), ("_id", 1)]
    cursor = mongo.db.totals.find({"kind": kind}).sort(order).limit(limit).hint("kind_longest")
    return [totals_from_document(doc) for doc in cursor]


def replace(scopes: Sequence[str], totals: Sequence[Totals], session: ClientSession) -> None:
    """Replace the totals of the scopes; a scope without totals is deleted."""
    documents = {record.scope: totals_to_document(record) for record in totals}
    writes = [
        ReplaceOne({"_id": scope}, documents[scope], upsert=True) if scope in documents else DeleteOne({"_id": scope})
        for scope in scopes
    ]
    if writes:
        mongo.db.totals.bulk_write(writes, ordered=False, session=session)
