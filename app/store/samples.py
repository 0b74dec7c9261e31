"""Samples: one profile's measurements as compressed columns; number 0 holds what lies outside every profile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.records import Profile
from app.extensions import mongo
from app.store import bulk

_COORDINATES = ("time", "longitude", "latitude", "depth")
_ORDER = [("start_at", 1), ("number", 1), ("part", 1)]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many rows a version has, and the highest of its profiles' numbers."""

    rows: int
    highest_number: int


def of_version(
    platform: str, mission: str, version: str, session: ClientSession | None = None
) -> Iterator[dict[str, Any]]:
    """The sample documents of a version in time order, a few at a time: memory stays bounded.

    Each has `number`, `count` and `columns`: {variable: {"unit", "dtype", "data"}}; see `domain.columns`.
    """
    query = {"platform": platform, "mission": mission, "version": version}
    yield from mongo.db.samples.find(query, session=session).sort(_ORDER).batch_size(20)


def of_profile(platform: str, mission: str, version: str, profile: Profile, limit: int) -> Iterator[dict[str, Any]]:
    """At most `limit` sample documents of a profile in time order."""
    # The parts of a profile begin within it: the index of times is read over its span alone.
    span = {"$gte": profile.start_at, "$lte": profile.end_at}
    query = {"platform": platform, "mission": mission, "version": version, "number": profile.number, "start_at": span}
    yield from mongo.db.samples.find(query).sort(_ORDER).limit(limit).batch_size(2)


def extent(platform: str, mission: str, version: str, session: ClientSession | None = None) -> Extent:
    """How much a version holds, told by the index alone."""
    query = {"platform": platform, "mission": mission, "version": version}
    sums = {"_id": None, "rows": {"$sum": "$count"}, "highest_number": {"$max": "$number"}}
    found = list(mongo.db.samples.aggregate([{"$match": query}, {"$group": sums}], hint="rows", session=session))
    return Extent(found[0]["rows"], found[0]["highest_number"]) if found else Extent(0, 0)


def first_types(platform: str, mission: str, version: str, session: ClientSession | None = None) -> dict[str, str]:
    """The types of the first sample document's columns: {variable: a Dtype of `domain.columns`}."""
    query = {"platform": platform, "mission": mission, "version": version}
    found = mongo.db.samples.find_one(query, {"columns": 1}, sort=_ORDER, session=session)
    return {name: column["dtype"] for name, column in found["columns"].items()} if found else {}


def since(
    platform: str, mission: str, version: str, moment: datetime, variable: str | None, session: ClientSession
) -> Iterator[dict[str, Any]]:
    """The sample documents that may hold rows since the moment, in time order; with a variable only its column."""
    wanted: dict[str, int] = {"number": 1, "count": 1}
    columns = [f"columns.{name}" for name in (*_COORDINATES, variable)] if variable else ["columns"]
    query = _since(platform, mission, version, moment)
    found = mongo.db.samples.find(query, wanted | dict.fromkeys(columns, 1), session=session)
    yield from found.sort(_ORDER).hint("rows").batch_size(20)


def count_since(platform: str, mission: str, version: str, moment: datetime, session: ClientSession) -> int:
    """How many rows the documents have that `since` gives, told by the index alone."""
    stages = [
        {"$match": _since(platform, mission, version, moment)},
        {"$group": {"_id": None, "rows": {"$sum": "$count"}}},
    ]
    found = list(mongo.db.samples.aggregate(stages, hint="rows", session=session))
    return int(found[0]["rows"]) if found else 0


def _since(platform: str, mission: str, version: str, moment: datetime) -> dict[str, Any]:
    # A profile is over within a day; what lies outside profiles may have begun with the mission.
    begun = [{"start_at": {"$gte": moment - timedelta(days=1)}}, {"number": 0}]
    return {"platform": platform, "mission": mission, "version": version, "$or": begun}


def put(documents: Sequence[dict[str, Any]], afresh: bool, session: ClientSession | None = None) -> None:
    """Stores sample documents under their ids."""
    bulk.put(mongo.db.samples, documents, afresh, session)


def remove_others(platform: str, mission: str, version: str, ids: Sequence[str], session: ClientSession) -> None:
    """Removes what a killed importer left of a version beyond the documents with these ids."""
    query = {"platform": platform, "mission": mission, "version": version, "_id": {"$nin": list(ids)}}
    mongo.db.samples.delete_many(query, session=session)
