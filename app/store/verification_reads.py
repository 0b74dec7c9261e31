"""All that the store holds, as a verification reads it: whole documents, in a session whose reads are of one moment.

Nothing here is for a visitor: `platforms`, `facets` and `counters` look at every key of an index or at every document.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.extensions import mongo
from app.store.indexes import MISSION_FILTERS

Document = dict[str, Any]

# Where documents of a platform lie, and under which of its names.
_OF_PLATFORM = {
    **dict.fromkeys(("missions", "profiles", "samples", "tracks", "sections", "subtotals", "updates"), "platform"),
    "platforms": "_id",
}
# What belongs to a mission and must not outlive it.
OF_MISSION = ("profiles", "samples", "tracks", "sections")
_COORDINATES = ("time", "longitude", "latitude", "depth")
_BASINS_AT_ONCE = 50


def platforms(session: ClientSession) -> list[str]:
    """The platforms that anything is stored of, in order."""
    found: set[str] = set()
    for collection, name in _OF_PLATFORM.items():
        found.update(mongo.db[collection].distinct(name, session=session))
    return sorted(found)


def missions(platform: str, session: ClientSession) -> list[Document]:
    """The documents of all missions of a platform, oldest data first."""
    # Both kinds are named: the index begins with it.
    query = {"simulated": {"$in": [False, True]}, "platform": platform}
    return list(mongo.db.missions.find(query, session=session).sort("figures.end_at", 1))


def mission_names(platform: str, session: ClientSession) -> list[str]:
    """The missions of a platform, in order."""
    query = {"simulated": {"$in": [False, True]}, "platform": platform}
    return sorted(doc["mission"] for doc in mongo.db.missions.find(query, {"mission": 1}, session=session))


def names(collection: str, platform: str, session: ClientSession) -> set[str]:
    """The missions of which a collection of OF_MISSION holds something."""
    return set(mongo.db[collection].distinct("mission", {"platform": platform}, session=session))


def versions(collection: str, platform: str, mission: str, session: ClientSession) -> dict[str, int]:
    """How many documents of each version of a mission there are in `profiles` or `samples`, told by an index alone."""
    stages: list[Document] = [
        {"$match": {"platform": platform, "mission": mission}},
        {"$group": {"_id": "$version", "count": {"$sum": 1}}},
    ]
    index = {"profiles": "mission_time", "samples": "rows"}[collection]
    found = mongo.db[collection].aggregate(stages, hint=index, session=session)
    return {str(doc["_id"]): int(doc["count"]) for doc in found}


def retired(platform: str, mission: str, session: ClientSession) -> set[str]:
    """The versions of a mission that are announced, or out and not swept yet."""
    prefix = f"{platform}/{mission}/"
    found = mongo.db.retired_versions.find({"_id": _begins(prefix)}, {"version": 1}, session=session)
    return {str(doc["version"]) for doc in found}


def coordinates(platform: str, mission: str, version: str, session: ClientSession) -> Iterator[Document]:
    """Time, position and depth of all sample documents of a version, a few at a time; parts of a profile in a row."""
    query = {"_id": _begins(f"{platform}/{mission}/{version}/")}
    wanted = {"number": 1, "part": 1, **{f"columns.{name}": 1 for name in _COORDINATES}}
    yield from mongo.db.samples.find(query, wanted, session=session).sort("_id", 1).batch_size(200)


def one(collection: str, key: str, session: ClientSession) -> Document | None:
    """The document with this key, or None."""
    return mongo.db[collection].find_one({"_id": key}, session=session)


def of_platform(collection: str, platform: str, session: ClientSession) -> list[Document]:
    """All documents of a platform in `updates`, `search` or `subtotals`, in the order of their keys."""
    return list(mongo.db[collection].find({"platform": platform}, session=session).sort("_id", 1))


def sections(platform: str, mission: str, cells: bool, session: ClientSession) -> list[Document]:
    """What is drawn of a mission, without its pictures, and without its cells unless asked for."""
    without = {"pictures": 0} if cells else {"pictures": 0, "packed": 0}
    query = {"platform": platform, "mission": mission}
    return list(mongo.db.sections.find(query, without, session=session).sort("_id", 1))


def totals(session: ClientSession) -> list[Document]:
    """The totals of all scopes in their order."""
    return list(mongo.db.totals.find({}, session=session).sort("_id", 1))


def facets(session: ClientSession) -> dict[str, list[Any]]:
    """What each filter of the missions list may be set to, as the missions say."""
    found = {}
    for name, path in MISSION_FILTERS.items():
        values = mongo.db.missions.distinct(path, {"simulated": False}, session=session)
        found[name] = sorted(value for value in values if value is not None)
    return found


def basin_entries(session: ClientSession) -> list[Document]:
    """The entries under which basins are found, in order."""
    return list(mongo.db.search.find({"kind": "basin"}, session=session).sort("_id", 1))


def basins(session: ClientSession) -> Iterator[Document]:
    """The documents of all basins in order."""
    yield from mongo.db.basins.find({}, session=session).sort("_id", 1).batch_size(_BASINS_AT_ONCE)


def outcomes(session: ClientSession) -> dict[str, int]:
    """How many attempts the import log has of each outcome."""
    found = mongo.db.imports.aggregate([{"$group": {"_id": "$outcome", "count": {"$sum": 1}}}], session=session)
    return {str(doc["_id"]): int(doc["count"]) for doc in found}


def last_change(session: ClientSession) -> int:
    """The highest number in the change log; 0 when it is empty."""
    found = mongo.db.changes.find_one({}, {"_id": 1}, sort=[("_id", -1)], session=session)
    return int(found["_id"]) if found else 0


def pending(scopes: Sequence[str], session: ClientSession) -> set[str]:
    """Those of the scopes that wait to be rebuilt."""
    found = mongo.db.derived_pending.find({"_id": {"$in": list(scopes)}}, {"_id": 1}, session=session)
    return {doc["_id"] for doc in found}


def pending_before(moment: datetime, session: ClientSession) -> list[tuple[str, datetime]]:
    """The scopes that wait since before the moment, and since when, the oldest first."""
    query = {"at": {"$lt": moment}}
    found = mongo.db.derived_pending.find(query, {"at": 1}, session=session).sort("at", 1).limit(10_000)
    return [(doc["_id"], doc["at"]) for doc in found]


def originals(digests: Sequence[str], session: ClientSession) -> set[str]:
    """Those of the files that are kept with as many pieces as they are long."""
    stages: list[Document] = [
        {"$match": {"files_id": {"$in": list(digests)}}},
        {"$group": {"_id": "$files_id", "count": {"$sum": 1}}},
    ]
    chunks = mongo.db["originals.chunks"].aggregate(stages, hint="file", session=session)
    pieces = {doc["_id"]: doc["count"] for doc in chunks}
    files = mongo.db["originals.files"].find({"_id": {"$in": list(digests)}}, session=session)
    return {doc["_id"] for doc in files if pieces.get(doc["_id"], 0) == -(-doc["length"] // doc["chunkSize"])}


def _begins(prefix: str) -> Document:
    # "0" follows "/" in the order of keys.
    return {"$gte": prefix, "$lt": f"{prefix[:-1]}0"}
