"""The search index: an entry for each platform, mission and basin, with the prefixes of its words as `keys`.

Every query uses the index of `keys`; `_id` is `kind:id`.
"""

from collections.abc import Sequence
from typing import Any

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from app.extensions import mongo
from app.store.combined_reads import Read

# A query of several words reads at most so many entries with the rarest word and filters them by the others.
MOST_EXAMINED = 1000
# Suggestions appear while the visitor types: a slower answer is useless.
TIMEOUT_MS = 1000
_BASINS = "search_basins"


def matches(kind: str, keys: Sequence[str], limit: int, simulated: bool) -> Read[list[str]]:
    """The ids of at most `limit` entries of a kind that have all the keys, in order.

    Of the entries with the rarest key only the first MOST_EXAMINED are examined.
    """
    query = {"kind": kind, "simulated": {"$in": [False, True]} if simulated else False}
    rarest = min(keys, key=lambda key: _count({**query, "keys": key})) if len(keys) > 1 else keys[0]
    stages: list[dict[str, Any]] = [
        {"$match": {**query, "keys": rarest}},
        {"$sort": {"order": 1, "_id": 1}},
        {"$limit": MOST_EXAMINED if len(keys) > 1 else limit},
        {"$match": {"keys": {"$all": list(keys)}}},
        {"$limit": limit},
        {"$project": {"_id": 1}},
    ]
    return Read("search", stages, lambda documents: [doc["_id"].partition(":")[2] for doc in documents])


def entry(kind: str, name: str, keys: set[str], order: str | int, **about: Any) -> dict[str, Any]:
    """The document of an entry; `about` names its owner, such as the platform."""
    return {"_id": f"{kind}:{name}", "kind": kind, "simulated": False, "order": order, "keys": sorted(keys), **about}


def replace_of(platform: str, entries: Sequence[dict[str, Any]], session: ClientSession) -> bool:
    """Replace all entries of a platform and its missions; equal ones are not written. False if all were equal."""
    return _replace({"platform": platform}, entries, session)


def replace_basins(entries: Sequence[dict[str, Any]], digest: str | None, session: ClientSession) -> None:
    """Replace all entries of basins, and store the digest of the set of basins."""
    _replace({"kind": "basin"}, entries, session)
    change = {"$set": {"digest": digest}}
    mongo.db.counters.update_one({"_id": _BASINS}, change, upsert=True, session=session)


def basins_digest() -> str | None:
    """The digest of the indexed set of basins, as `replace_basins` stored it."""
    doc = mongo.db.counters.find_one({"_id": _BASINS})
    return doc["digest"] if doc else None


def _count(query: dict[str, Any]) -> int:
    return mongo.db.search.count_documents(query, limit=MOST_EXAMINED, maxTimeMS=TIMEOUT_MS)


def _replace(query: dict[str, Any], entries: Sequence[dict[str, Any]], session: ClientSession) -> bool:
    stored = {doc["_id"]: doc for doc in mongo.db.search.find(query, session=session)}
    changed = [ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in entries if stored.get(doc["_id"]) != doc]
    if changed:
        mongo.db.search.bulk_write(changed, session=session)
    obsolete = sorted(stored.keys() - {doc["_id"] for doc in entries})
    if obsolete:
        mongo.db.search.delete_many({"_id": {"$in": obsolete}}, session=session)
    return bool(changed or obsolete)
