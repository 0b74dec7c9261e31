"""Platforms: gliders and sailbuoys with the totals of their missions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.records import Platform
from app.domain.reporting import State
from app.extensions import mongo
from app.store import combined_reads, keyset
from app.store.combined_reads import Read
from app.store.documents import platform_from_document, platform_to_document

# Of names in one request, which are 100 at most; some platforms share a WMO id.
_MOST_MATCHING = 1_000


@dataclass(frozen=True, slots=True)
class Reporting:
    """Selects the platforms with a state of reporting at a moment.

    `reported` are the platforms whose newest report is a position without data: they have the state if they are among
    `matching`, whatever the times of their data are.
    """

    state: State
    at: datetime
    reported: Sequence[str] = ()
    matching: Sequence[str] = ()


def of(platform: str, session: ClientSession) -> Platform | None:
    """The platform with this id, in the session's transaction, or None."""
    doc = mongo.db.platforms.find_one({"_id": platform}, session=session)
    return platform_from_document(doc) if doc else None


def find(name: str) -> Platform | None:
    """The platform with this id or serial, ignoring case, or None."""
    key = name.lower()
    doc = mongo.db.platforms.find_one({"_id": key}) or mongo.db.platforms.find_one({"serial_key": key})
    return platform_from_document(doc) if doc else None


def page(
    limit: int,
    after: str | None = None,
    simulated: bool = False,
    wmo_id: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    reporting: Reporting | None = None,
) -> list[Platform]:
    """At most `limit` platforms in the order of their ids, after `after`; simulated ones only on request.

    `wmo_id` selects by WMO id; the newest data are at `since` or later, and before `before`.
    """
    query = _matching(simulated, reporting)
    if wmo_id is not None:
        query["wmo_id"] = wmo_id
    if bounds := {name: at for name, at in (("$gte", since), ("$lt", before)) if at is not None}:
        query["last_seen_at"] = bounds
    if after is not None:
        query["_id"] = {"$gt": after}
    cursor = mongo.db.platforms.find(query).sort("_id", 1).limit(limit).max_time_ms(keyset.TIMEOUT_MS).hint("named")
    return [platform_from_document(doc) for doc in cursor]


def by_last_seen(
    limit: int,
    after: tuple[datetime, str] | None = None,
    simulated: bool = False,
    oldest_first: bool = False,
    reporting: Reporting | None = None,
) -> list[Platform]:
    """At most `limit` platforms by their latest data, after (last_seen_at, id); simulated ones only on request."""
    by = ("last_seen_at", 1 if oldest_first else -1)
    documents = keyset.read(mongo.db.platforms, _matching(simulated, reporting), by, after, limit, "heard")
    return [platform_from_document(doc) for doc in documents]


def without_data(since: datetime, limit: int, simulated: bool) -> list[Platform]:
    """At most `limit` platforms without data since the moment, latest data first."""
    query = _matching(simulated) | {"last_seen_at": {"$lt": since}}
    cursor = mongo.db.platforms.find(query).sort([("last_seen_at", -1), ("_id", 1)]).limit(limit)
    return [platform_from_document(doc) for doc in cursor.max_time_ms(keyset.TIMEOUT_MS).hint("heard")]


def last_data(since: datetime, limit: int, simulated: bool) -> dict[str, datetime]:
    """The time of the newest data of at most `limit` platforms with data since the moment, latest first."""
    query = _matching(simulated) | {"last_seen_at": {"$gte": since}}
    cursor = mongo.db.platforms.find(query, {"last_seen_at": 1}).sort([("last_seen_at", -1), ("_id", 1)]).limit(limit)
    return {doc["_id"]: doc["last_seen_at"] for doc in cursor.max_time_ms(keyset.TIMEOUT_MS).hint("heard")}


def first_seen_since(since: datetime, simulated: bool) -> datetime | None:
    """The earliest `last_seen_at` that is not before the moment; None without any."""
    query = _matching(simulated) | {"last_seen_at": {"$gte": since}}
    cursor = mongo.db.platforms.find(query, {"last_seen_at": 1}).sort([("last_seen_at", 1), ("_id", -1)]).limit(1)
    return next((doc["last_seen_at"] for doc in cursor.max_time_ms(keyset.TIMEOUT_MS).hint("heard")), None)


def _matching(simulated: bool, reporting: Reporting | None = None) -> dict[str, Any]:
    # Also when both values match: the index begins with this field.
    query: dict[str, Any] = {"simulated": {"$in": [False, True]} if simulated else False}
    if reporting is None:
        return query
    bounds: dict[State, dict[str, Any]] = {
        "on_time": {"late_at": {"$gte": reporting.at}},
        "late": {"late_at": {"$lt": reporting.at}, "silent_at": {"$gte": reporting.at}},
        "silent": {"silent_at": {"$lt": reporting.at}},
    }
    query |= {"over_from": {"$gt": reporting.at}}
    if not reporting.reported:
        return query | bounds[reporting.state]
    by_data = {**bounds[reporting.state], "_id": {"$nin": list(reporting.reported)}}
    return query | {"$or": [by_data, {"_id": {"$in": list(reporting.matching)}}]}


def named(ids: list[str]) -> dict[str, Platform]:
    """The platforms with these ids, by id; unknown ones are left out."""
    cursor = mongo.db.platforms.find({"_id": {"$in": ids}}).limit(len(ids))
    return {doc["_id"]: platform_from_document(doc) for doc in cursor}


def read_named(ids: Sequence[str]) -> Read[dict[str, Platform]]:
    """The same for a combined read."""

    def by_id(documents: Sequence[dict[str, Any]]) -> dict[str, Platform]:
        return {doc["_id"]: platform_from_document(doc) for doc in documents}

    return combined_reads.by_ids("platforms", ids, by_id)


def remove(platform: str, session: ClientSession) -> None:
    """Remove the platform."""
    mongo.db.platforms.delete_one({"_id": platform}, session=session)


def put(platform: Platform, session: ClientSession) -> None:
    """Upsert the platform."""
    doc = platform_to_document(platform)
    mongo.db.platforms.replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)


def of_wmo_id(wmo_id: str) -> list[str]:
    """The ids of the platforms with this WMO id."""
    cursor = mongo.db.platforms.find({"wmo_id": wmo_id}, {"_id": 1}).sort("_id", 1).limit(100)
    return [doc["_id"] for doc in cursor.max_time_ms(keyset.TIMEOUT_MS)]


def matching_names(names: Sequence[str]) -> list[Platform]:
    """The platforms that have one of these names as id or serial, ignoring case, or as WMO id; by id."""
    keys = [name.lower() for name in names]
    clauses = [{"_id": {"$in": keys}}, {"serial_key": {"$in": keys}}, {"wmo_id": {"$in": list(names)}}]
    cursor = mongo.db.platforms.find({"$or": clauses}).sort("_id", 1).limit(_MOST_MATCHING)
    return [platform_from_document(doc) for doc in cursor.max_time_ms(keyset.TIMEOUT_MS)]


def akin(wmo_id: str | None, names: Sequence[str]) -> list[str]:
    """The ids of platforms with this WMO id, or with one of these ids or serials in lower case. For importers."""
    clauses: list[dict[str, Any]] = [{"_id": {"$in": list(names)}}, {"serial_key": {"$in": list(names)}}]
    if wmo_id is not None:
        clauses.append({"wmo_id": wmo_id})
    return [doc["_id"] for doc in mongo.db.platforms.find({"$or": clauses}, {"_id": 1}).sort("_id", 1).limit(100)]
