"""Basins: the named sea areas that missions are assigned to."""

from collections.abc import Sequence

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from app.domain.basin_tree import Basin, Node
from app.extensions import mongo
from app.store.documents import basin_from_document, basin_to_document


def find(basin: str) -> Basin | None:
    """The basin with this id, or None."""
    doc = mongo.db.basins.find_one({"_id": basin})
    return basin_from_document(doc) if doc else None


def page(limit: int, after: str | None = None) -> list[Basin]:
    """At most `limit` basins in the order of their ids, after `after`."""
    query = {"_id": {"$gt": after}} if after is not None else {}
    return [basin_from_document(doc) for doc in mongo.db.basins.find(query).sort("_id", 1).limit(limit)]


def outlined(ids: Sequence[str]) -> list[Basin]:
    """These basins in the order of their ids, as overviews draw them: `geometry` is the simplified outline."""
    # The full polygon of an ocean is a hundred times its outline; documents of earlier releases have no outline.
    fields = dict.fromkeys(("id", "name", "bbox", "source", "part_of"), 1)
    projection = {**fields, "geometry": {"$ifNull": ["$outline", "$geometry"]}}
    cursor = mongo.db.basins.find({"_id": {"$in": list(ids)}}, projection).sort("_id", 1).limit(max(len(ids), 1))
    return [basin_from_document(doc) for doc in cursor]


def tree() -> dict[str, Node]:
    """The place of every basin in the tree, by id."""
    cursor = mongo.db.basins.find({}, {"name": 1, "part_of": 1}).limit(10_000)
    return {doc["_id"]: Node(doc["_id"], doc["name"], doc.get("part_of")) for doc in cursor}


def replace_all(basins: Sequence[Basin]) -> None:
    """Replace all basins: upsert these, then delete all others, so that readers never see an empty list."""
    documents = [basin_to_document(basin) for basin in basins]
    mongo.db.basins.bulk_write([ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in documents])
    mongo.db.basins.delete_many({"_id": {"$nin": [doc["_id"] for doc in documents]}})


def digest() -> str | None:
    """The digest of the current basins, as `note_digest` stored it; None before the first import."""
    doc = mongo.db.counters.find_one({"_id": "basins"})
    return str(doc["digest"]) if doc else None


def note_digest(value: str, session: ClientSession) -> None:
    """Store the digest of the current basins, after `replace_all`."""
    mongo.db.counters.update_one({"_id": "basins"}, {"$set": {"digest": value}}, upsert=True, session=session)
