"""Reads of a verification: whole documents, in a snapshot session.

Not for requests: some functions read every key of an index or every document of a collection.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.extensions import mongo
from app.store.indexes import MISSION_FILTERS

Document = dict[str, Any]

# The collections with documents of a platform, and the field that names it.
_OF_PLATFORM = {
    **dict.fromkeys(("missions", "profiles", "samples", "tracks", "sections", "subtotals", "updates"), "platform"),
    "platforms": "_id",
}
# Collections whose documents belong to a mission and must not outlive it.
OF_MISSION = ("profiles", "samples", "tracks", "sections")
_COORDINATES = ("time", "longitude", "latitude", "depth")
_BASINS_AT_ONCE = 50


def platforms(session: ClientSession) -> list[str]:
    """All platforms with any stored document, in order."""
    names: set[str] = set()
    for collection, name in _OF_PLATFORM.items():
        names.update(mongo.db[collection].distinct(name, session=session))
    return sorted(names)


def missions(platform: str, session: ClientSession) -> list[Document]:
    """The documents of all missions of a platform, oldest data first."""
    # Both values are listed because the index begins with them.
    query = {"simulated": {"$in": [False, True]}, "platform": platform}
    return list(mongo.db.missions.find(query, session=session).sort("figures.end_at", 1))


def platforms_after(platform: str, wmo_id: str | None, session: ClientSession) -> list[str]:
    """The platforms with this WMO id whose id follows that of the platform, in order; none without a WMO id."""
    if wmo_id is None:
        return []
    query = {"wmo_id": wmo_id, "_id": {"$gt": platform}}
    return sorted(doc["_id"] for doc in mongo.db.platforms.find(query, {"_id": 1}, session=session))


def mission_names(platform: str, session: ClientSession) -> list[str]:
    """The missions of a platform, in order."""
    query = {"simulated": {"$in": [False, True]}, "platform": platform}
    return sorted(doc["mission"] for doc in mongo.db.missions.find(query, {"mission": 1}, session=session))


def names(collection: str, platform: str, session: ClientSession) -> set[str]:
    """The missions with documents in a collection of OF_MISSION."""
    return set(mongo.db[collection].distinct("mission", {"platform": platform}, session=session))


def versions(collection: str, platform: str, mission: str, session: ClientSession) -> dict[str, int]:
    """Documents per version of a mission in `profiles` or `samples`, counted by an index alone."""
    stages: list[Document] = [
        {"$match": {"platform": platform, "mission": mission}},
        {"$group": {"_id": "$version", "count": {"$sum": 1}}},
    ]
    index = {"profiles": "mission_time", "samples": "rows"}[collection]
    groups = mongo.db[collection].aggregate(stages, hint=index, session=session)
    return {str(doc["_id"]): int(doc["count"]) for doc in groups}


def retired(platform: str, mission: str, session: ClientSession) -> set[str]:
    """The versions of a mission that are being written, or retired and not swept yet."""
    prefix = f"{platform}/{mission}/"
    cursor = mongo.db.retired_versions.find({"_id": _prefix_range(prefix)}, {"version": 1}, session=session)
    return {str(doc["version"]) for doc in cursor}


def coordinates(platform: str, mission: str, version: str, session: ClientSession) -> Iterator[Document]:
    """Time, position and depth of all sample documents of a version, a few at a time; parts of a profile in a row."""
    query = {"_id": _prefix_range(f"{platform}/{mission}/{version}/")}
    projection = {"number": 1, "part": 1, **{f"columns.{name}": 1 for name in _COORDINATES}}
    yield from mongo.db.samples.find(query, projection, session=session).sort("_id", 1).batch_size(200)


def one(collection: str, key: str, session: ClientSession) -> Document | None:
    """The document with this key, or None."""
    return mongo.db[collection].find_one({"_id": key}, session=session)


def of_platform(collection: str, platform: str, session: ClientSession) -> list[Document]:
    """All documents of a platform in `updates`, `search` or `subtotals`, in the order of their keys."""
    return list(mongo.db[collection].find({"platform": platform}, session=session).sort("_id", 1))


def sections(platform: str, mission: str, cells: bool, session: ClientSession) -> list[Document]:
    """The sections of a mission without their figures, and without their cells unless `cells`."""
    without = {"pictures": 0} if cells else {"pictures": 0, "packed": 0}
    query = {"platform": platform, "mission": mission}
    return list(mongo.db.sections.find(query, without, session=session).sort("_id", 1))


def totals(session: ClientSession) -> list[Document]:
    """The totals of all scopes in their order."""
    return list(mongo.db.totals.find({}, session=session).sort("_id", 1))


def facets(session: ClientSession) -> dict[str, list[Any]]:
    """The values of each filter of mission lists, recomputed from the missions."""
    facets = {}
    for name, path in MISSION_FILTERS.items():
        values = mongo.db.missions.distinct(path, {"simulated": False}, session=session)
        facets[name] = sorted(value for value in values if value is not None)
    return facets


def basin_entries(session: ClientSession) -> list[Document]:
    """The entries of basins in the search index, in order."""
    return list(mongo.db.search.find({"kind": "basin"}, session=session).sort("_id", 1))


def basins(session: ClientSession) -> Iterator[Document]:
    """The documents of all basins in order."""
    yield from mongo.db.basins.find({}, session=session).sort("_id", 1).batch_size(_BASINS_AT_ONCE)


def outcomes(session: ClientSession) -> dict[str, int]:
    """Attempts per outcome in the import log."""
    groups = mongo.db.imports.aggregate([{"$group": {"_id": "$outcome", "count": {"$sum": 1}}}], session=session)
    return {str(doc["_id"]): int(doc["count"]) for doc in groups}


def last_change(session: ClientSession) -> int:
    """The highest number in the change log; 0 when it is empty."""
    doc = mongo.db.changes.find_one({}, {"_id": 1}, sort=[("_id", -1)], session=session)
    return int(doc["_id"]) if doc else 0


def pending(scopes: Sequence[str], session: ClientSession) -> set[str]:
    """The scopes, among these, with a pending rebuild."""
    cursor = mongo.db.derived_pending.find({"_id": {"$in": list(scopes)}}, {"_id": 1}, session=session)
    return {doc["_id"] for doc in cursor}


def pending_before(moment: datetime, session: ClientSession) -> list[tuple[str, datetime]]:
    """The scopes whose rebuild is pending since before the moment, with the time of queuing, oldest first."""
    query = {"at": {"$lt": moment}}
    cursor = mongo.db.derived_pending.find(query, {"at": 1}, session=session).sort("at", 1).limit(10_000)
    return [(doc["_id"], doc["at"]) for doc in cursor]


def originals(digests: Sequence[str], session: ClientSession) -> set[str]:
    """The files, among these, that are stored with the number of chunks that their length needs."""
    stages: list[Document] = [
        {"$match": {"files_id": {"$in": list(digests)}}},
        {"$group": {"_id": "$files_id", "count": {"$sum": 1}}},
    ]
    chunks = mongo.db["originals.chunks"].aggregate(stages, hint="file", session=session)
    pieces = {doc["_id"]: doc["count"] for doc in chunks}
    files = mongo.db["originals.files"].find({"_id": {"$in": list(digests)}}, session=session)
    return {doc["_id"] for doc in files if pieces.get(doc["_id"], 0) == -(-doc["length"] // doc["chunkSize"])}


def _prefix_range(prefix: str) -> Document:
    # "0" is the next character after "/".
    return {"$gte": prefix, "$lt": f"{prefix[:-1]}0"}


def is_empty() -> bool:
    """True if the database holds no mission and no import, not even a refused one."""
    return all(mongo.db[name].find_one({}, {"_id": 1}) is None for name in ("missions", "imports"))
