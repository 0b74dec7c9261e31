"""Missions: one document each; `_id` is `platform/mission`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.records import BasinShare, Mission
from app.extensions import mongo
from app.store.documents import mission_from_document, mission_to_document
from app.store.indexes import MISSION_FILTERS

_ORDER = [("figures.end_at", -1), ("_id", 1)]
_FACETS = "missions"
# A list to choose from that is longer helps nobody; the address takes every value all the same.
_MOST_VALUES = 2000


def find(platform: str, mission: str) -> Mission | None:
    """The mission, or None."""
    doc = mongo.db.missions.find_one({"_id": f"{platform}/{mission}"})
    return mission_from_document(doc) if doc else None


def page(
    filters: Mapping[str, Any],
    limit: int,
    after: tuple[datetime, str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    simulated: bool = False,
) -> list[Mission]:
    """At most `limit` missions, newest data first, that match `filters` (keys of MISSION_FILTERS).

    `after` is (end_at, id) of the last mission of the page before; `since` and `until` bound the span of the data.
    """
    query: dict[str, Any] = {MISSION_FILTERS[name]: value for name, value in filters.items()}
    if not simulated:
        query["simulated"] = False
    if since is not None:
        query["figures.end_at"] = {"$gte": since}
    if until is not None:
        query["figures.start_at"] = {"$lt": until}
    if after is not None:
        end_at, last_id = after
        query["$or"] = [
            {"figures.end_at": {"$lt": end_at}},
            {"figures.end_at": end_at, "_id": {"$gt": last_id}},
        ]
    # A list never waits for a scan: what has no index is cut off here and answered as unavailable.
    cursor = mongo.db.missions.find(query).sort(_ORDER).limit(limit).max_time_ms(2000)
    return [mission_from_document(doc) for doc in cursor]


def facets() -> dict[str, list[Any]]:
    """What each filter of the missions list may be set to, in order: derived, as of the last rebuild."""
    doc = mongo.db.facets.find_one({"_id": _FACETS})
    return {name: list(doc[name]) if doc else [] for name in MISSION_FILTERS}


def derive_facets(session: ClientSession) -> None:
    """Looks anew what the filters of the missions list may be set to, in the session's transaction."""
    found: dict[str, list[Any]] = {}
    for name, path in MISSION_FILTERS.items():
        values = mongo.db.missions.distinct(path, {"simulated": False}, session=session)
        found[name] = sorted(value for value in values if value is not None)[:_MOST_VALUES]
    mongo.db.facets.replace_one({"_id": _FACETS}, {"_id": _FACETS, **found}, upsert=True, session=session)


def addresses(
    limit: int, since: datetime | None = None, until: datetime | None = None
) -> list[tuple[str, str, datetime]]:
    """(platform, mission, end of the data) of at most `limit` missions, newest data first; simulated ones left out.

    Their data end at `since` or later and before `until`.
    """
    query: dict[str, Any] = {"simulated": False}
    if since is not None or until is not None:
        bounds = {"$gte": since, "$lt": until}
        query["figures.end_at"] = {name: value for name, value in bounds.items() if value is not None}
    wanted = {"platform": 1, "mission": 1, "figures.end_at": 1}
    cursor = mongo.db.missions.find(query, wanted).sort(_ORDER).limit(limit).max_time_ms(2000)
    return [(doc["platform"], doc["mission"], doc["figures"]["end_at"]) for doc in cursor]


def document(platform: str, mission: str, session: ClientSession | None = None) -> dict[str, Any] | None:
    """The mission's whole document, with what only importers need (`remainder`, `modified_ms`, `by_year`); or None."""
    return mongo.db.missions.find_one({"_id": f"{platform}/{mission}"}, session=session)


def is_current(platform: str, mission: str, version: str, session: ClientSession | None = None) -> bool:
    """Whether this is the version that readers are shown."""
    query = {"_id": f"{platform}/{mission}", "version": version}
    return mongo.db.missions.find_one(query, {"_id": 1}, session=session) is not None


def put(mission: Mission, extra: Mapping[str, Any], session: ClientSession) -> None:
    """Makes this the mission: the one update that swaps a version. `extra` is what only importers need."""
    doc = {**mission_to_document(mission), **extra}
    mongo.db.missions.replace_one({"_id": mission.id}, doc, upsert=True, session=session)


def of_platform(platform: str, session: ClientSession) -> list[Mission]:
    """All missions of a platform, oldest data first."""
    # A platform makes a few missions a year for at most twenty years.
    cursor = mongo.db.missions.find({"platform": platform}, session=session).sort("figures.end_at", 1).limit(10_000)
    return [mission_from_document(doc) for doc in cursor]


def ids(session: ClientSession) -> list[str]:
    """The ids of all missions, `platform/mission`."""
    return [doc["_id"] for doc in mongo.db.missions.find({}, {"_id": 1}, session=session).sort("_id", 1)]


def sort_into(platform: str, mission: str, basins: Sequence[BasinShare], session: ClientSession) -> None:
    """Makes these the basins of a mission."""
    shares = [asdict(share) for share in basins]
    mongo.db.missions.update_one({"_id": f"{platform}/{mission}"}, {"$set": {"basins": shares}}, session=session)


def sums(session: ClientSession) -> Iterator[dict[str, Any]]:
    """What totals are made of, for every mission that is not simulated."""
    wanted = {"platform": 1, "figures": 1, "basins": 1, "by_year": 1}
    yield from mongo.db.missions.find({"simulated": False}, wanted, session=session)
