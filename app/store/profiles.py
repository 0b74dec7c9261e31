"""Profiles: one document each, under the version of the mission they belong to."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from app.domain.records import Profile
from app.extensions import mongo
from app.store import bulk
from app.store.documents import profile_from_document

_ORDER = [("start_at", 1), ("number", 1)]


def page(
    platform: str, mission: str, version: str, limit: int, after: tuple[datetime, int] | None = None
) -> list[Profile]:
    """At most `limit` profiles of a version in time order, after (start_at, number)."""
    query: dict[str, object] = {"platform": platform, "mission": mission, "version": version}
    if after is not None:
        start_at, number = after
        query["$or"] = [{"start_at": {"$gt": start_at}}, {"start_at": start_at, "number": {"$gt": number}}]
    return [profile_from_document(doc) for doc in mongo.db.profiles.find(query).sort(_ORDER).limit(limit)]


def of_version(platform: str, mission: str, version: str, session: ClientSession) -> list[dict[str, Any]]:
    """All profile documents of a version in time order, with fields that only importers read."""
    query = {"platform": platform, "mission": mission, "version": version}
    return list(mongo.db.profiles.find(query, session=session).sort(_ORDER))


def are_of_file(platform: str, mission: str, version: str, sha256: str, session: ClientSession | None = None) -> bool:
    """True if all profiles of a version were imported from this file."""
    query = {"platform": platform, "mission": mission, "version": version, "sha256": {"$ne": sha256}}
    return mongo.db.profiles.find_one(query, {"_id": 1}, session=session) is None


def numbered(platform: str, mission: str, version: str, number: int, limit: int) -> list[Profile]:
    """At most `limit` profiles of a version with this number, in time order."""
    query = {"platform": platform, "mission": mission, "version": version, "number": number}
    return [profile_from_document(doc) for doc in mongo.db.profiles.find(query).sort("start_at", 1).limit(limit)]


def starting(platform: str, mission: str, version: str, number: int, start_at: datetime) -> Profile | None:
    """The profile of a version with this number and first time, or None."""
    query = {"platform": platform, "mission": mission, "version": version, "number": number, "start_at": start_at}
    doc = mongo.db.profiles.find_one(query)
    return profile_from_document(doc) if doc else None


def spans(platform: str, mission: str, version: str) -> list[dict[str, Any]]:
    """Number, times, depth and position of all profiles of a version in time order."""
    query = {"platform": platform, "mission": mission, "version": version}
    fields = ("number", "start_at", "mid_at", "end_at", "max_depth_m", "lon_deg", "lat_deg", "flagged")
    return list(mongo.db.profiles.find(query, dict.fromkeys(fields, 1)).sort(_ORDER))


def put(documents: Sequence[dict[str, Any]], afresh: bool, session: ClientSession | None = None) -> None:
    """Store profile documents under their ids."""
    bulk.put(mongo.db.profiles, documents, afresh, session)


def flag(flags: Mapping[str, bool], session: ClientSession) -> None:
    """Set `flagged` of the profiles with these ids."""
    changes = [UpdateOne({"_id": profile}, {"$set": {"flagged": flagged}}) for profile, flagged in flags.items()]
    if changes:
        mongo.db.profiles.bulk_write(changes, session=session)


def remove(documents: Sequence[Mapping[str, Any]], session: ClientSession) -> None:
    """Remove these profiles with their samples."""
    for doc in documents:
        of_profile = {key: doc[key] for key in ("platform", "mission", "version", "number")}
        span = {"$gte": doc["start_at"], "$lte": doc["end_at"]}
        mongo.db.samples.delete_many({**of_profile, "start_at": span}, session=session)
        mongo.db.profiles.delete_one({"_id": doc["_id"]}, session=session)


def remove_others(platform: str, mission: str, version: str, ids: Sequence[str], session: ClientSession) -> None:
    """Remove the profiles of a version with other ids, which a killed importer left."""
    query = {"platform": platform, "mission": mission, "version": version, "_id": {"$nin": list(ids)}}
    mongo.db.profiles.delete_many(query, session=session)


def numbers(platform: str, mission: str) -> set[int]:
    """The numbers of all profiles of the mission's current version."""
    doc = mongo.db.missions.find_one({"_id": f"{platform}/{mission}"}, {"version": 1})
    query = {"platform": platform, "mission": mission, "version": doc["version"] if doc else ""}
    cursor = mongo.db.profiles.find(query, {"_id": 0, "number": 1}).hint("mission_time")
    return {int(doc["number"]) for doc in cursor}
