"""Samples: one profile's measurements as compressed columns; number 0 holds samples outside profiles."""

from collections.abc import Iterator, Mapping, Sequence
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
    """The number of rows of a version, and its highest profile number."""

    rows: int
    highest_number: int


def of_version(
    platform: str, mission: str, version: str, session: ClientSession | None = None
) -> Iterator[dict[str, Any]]:
    """The sample documents of a version in time order, a few at a time: memory stays bounded.

    Each has `number`, `count` and `columns`: {variable: {"unit", "dtype", "data"}}, with `flags` where the file has
    some; see `domain.columns`.
    """
    query = {"platform": platform, "mission": mission, "version": version}
    yield from mongo.db.samples.find(query, session=session).sort(_ORDER).batch_size(20)


def of_profile(platform: str, mission: str, version: str, profile: Profile, limit: int) -> Iterator[dict[str, Any]]:
    """At most `limit` sample documents of a profile in time order."""
    # The parts of a profile begin within it: the index of times is read over its span alone.
    span = {"$gte": profile.start_at, "$lte": profile.end_at}
    query = {"platform": platform, "mission": mission, "version": version, "number": profile.number, "start_at": span}
    yield from mongo.db.samples.find(query).sort(_ORDER).limit(limit).batch_size(2)


def of_profiles(profiles: Sequence[Mapping[str, Any]], session: ClientSession) -> Iterator[dict[str, Any]]:
    """All sample documents of these profile documents."""
    for doc in profiles:
        of_profile = {key: doc[key] for key in ("platform", "mission", "version", "number")}
        span = {"$gte": doc["start_at"], "$lte": doc["end_at"]}
        yield from mongo.db.samples.find({**of_profile, "start_at": span}, session=session).sort(_ORDER).batch_size(2)


def extent(platform: str, mission: str, version: str, session: ClientSession | None = None) -> Extent:
    """The extent of a version, from the index alone."""
    query = {"platform": platform, "mission": mission, "version": version}
    sums = {"_id": None, "rows": {"$sum": "$count"}, "highest_number": {"$max": "$number"}}
    groups = list(mongo.db.samples.aggregate([{"$match": query}, {"$group": sums}], hint="rows", session=session))
    return Extent(groups[0]["rows"], groups[0]["highest_number"]) if groups else Extent(0, 0)


def first_types(platform: str, mission: str, version: str, session: ClientSession | None = None) -> dict[str, str]:
    """The types of the first sample document's columns: {variable: a Dtype of `domain.columns`}."""
    query = {"platform": platform, "mission": mission, "version": version}
    doc = mongo.db.samples.find_one(query, {"columns": 1}, sort=_ORDER, session=session)
    return {name: column["dtype"] for name, column in doc["columns"].items()} if doc else {}


@dataclass(frozen=True, slots=True)
class Span:
    """The sample documents that may hold rows since `since`, as far as they begin after `after` and until `until`.

    Those outside profiles begin at `loose_from` at the earliest.
    """

    since: datetime
    loose_from: datetime
    after: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The begin of a sample document, its profile number, and its number of rows."""

    start_at: datetime
    number: int
    rows: int


def since(
    platform: str, mission: str, version: str, span: Span, variable: str | None, session: ClientSession
) -> Iterator[dict[str, Any]]:
    """The sample documents of a span in time order; with a variable only its column."""
    fields: dict[str, int] = {"number": 1, "count": 1}
    columns = [f"columns.{name}" for name in (*_COORDINATES, variable)] if variable else ["columns"]
    bounds = {key: moment for key, moment in (("$gt", span.after), ("$lte", span.until)) if moment is not None}
    query = {
        **_since(platform, mission, version, span.since, span.loose_from),
        **({"start_at": bounds} if bounds else {}),
    }
    cursor = mongo.db.samples.find(query, fields | dict.fromkeys(columns, 1), session=session)
    yield from cursor.sort(_ORDER).hint("rows").batch_size(20)


def starts_since(
    platform: str, mission: str, version: str, moment: datetime, session: ClientSession
) -> Iterator[Start]:
    """The begins of the documents that may hold rows since the moment, in time order, from the index alone.

    Includes all documents outside profiles.
    """
    query = _since(platform, mission, version, moment, None)
    fields = {"_id": 0, "start_at": 1, "number": 1, "count": 1}
    for doc in mongo.db.samples.find(query, fields, session=session).sort(_ORDER).hint("rows"):
        yield Start(doc["start_at"], doc["number"], doc["count"])


def loose_times(
    platform: str, mission: str, version: str, start_at: datetime, session: ClientSession
) -> dict[str, Any] | None:
    """The column of times of the document outside profiles that begins then."""
    query = {"platform": platform, "mission": mission, "version": version, "start_at": start_at, "number": 0}
    document = mongo.db.samples.find_one(query, {"columns.time": 1}, hint="rows", session=session)
    column: dict[str, Any] | None = document["columns"].get("time") if document else None
    return column


def _since(platform: str, mission: str, version: str, moment: datetime, loose_from: datetime | None) -> dict[str, Any]:
    # A profile ends within a day; samples outside profiles may begin with the mission.
    loose = {"number": 0, **({"start_at": {"$gte": loose_from}} if loose_from else {})}
    started = [{"start_at": {"$gte": moment - timedelta(days=1)}, "number": {"$ne": 0}}, loose]
    return {"platform": platform, "mission": mission, "version": version, "$or": started}


def put(documents: Sequence[dict[str, Any]], afresh: bool, session: ClientSession | None = None) -> None:
    """Store sample documents under their ids."""
    bulk.put(mongo.db.samples, documents, afresh, session)


def remove_others(platform: str, mission: str, version: str, ids: Sequence[str], session: ClientSession) -> None:
    """Remove the sample documents of a version with other ids, which a killed importer left."""
    query = {"platform": platform, "mission": mission, "version": version, "_id": {"$nin": list(ids)}}
    mongo.db.samples.delete_many(query, session=session)
