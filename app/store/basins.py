"""Basins: the named sea areas that missions are assigned to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def names() -> dict[str, list[str]]:
    """The names of every basin by id: the name on pages first, then other names and former ids."""
    projection = dict.fromkeys(("name", "other_names", "aliases"), 1)
    return {doc["_id"]: names_of(doc) for doc in mongo.db.basins.find({}, projection).limit(10_000)}


def names_of(doc: Mapping[str, Any]) -> list[str]:
    """The names in a basin's document, as `names` returns them."""
    # Documents of earlier releases have one name.
    return [doc["name"], *doc.get("other_names", ()), *doc.get("aliases", ())]


def canonical(basin: str) -> str | None:
    """The id of the basin with this id or former id; None if there is none."""
    doc = mongo.db.basins.find_one({"_id": basin}, {"_id": 1}) or mongo.db.basins.find_one(
        {"aliases": basin}, {"_id": 1}, sort=[("_id", 1)]
    )
    return str(doc["_id"]) if doc else None


def replace_all(basins: Sequence[Basin]) -> None:
    """Replace all basins: upsert these, then delete all others, so that readers never see an empty list."""
    documents = [basin_to_document(basin) for basin in basins]
    mongo.db.basins.bulk_write([ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in documents])
    mongo.db.basins.delete_many({"_id": {"$nin": [doc["_id"] for doc in documents]}})


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of the current basins: of their areas, which missions are assigned to, and of their names."""

    areas: str | None = None
    names: str | None = None


def digests() -> Digests:
    """The digests as `note_digests` stored them; None before the first import."""
    doc = mongo.db.counters.find_one({"_id": "basins"}) or {}
    # Earlier releases stored no digest of names.
    return Digests(doc.get("digest"), doc.get("names"))


def note_digests(digests: Digests, session: ClientSession) -> None:
    """Store the digests of the current basins, after `replace_all`."""
    change = {"$set": {"digest": digests.areas, "names": digests.names}}
    mongo.db.counters.update_one({"_id": "basins"}, change, upsert=True, session=session)
