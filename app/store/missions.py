"""Missions: one document each; `_id` is `platform/mission`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from pymongo.client_session import ClientSession

from app.domain import mission_number
from app.domain.records import BasinShare, Finding, Mission
from app.extensions import mongo
from app.store import bulk, combined_reads, keyset
from app.store.combined_reads import Read
from app.store.documents import basin_shares, mission_from_document, mission_order, mission_to_document
from app.store.indexes import MISSION_FILTERS, MISSION_LISTS, MISSION_SORTS

_FACETS = "missions"
# A longer list of choices is not usable; the URL parameter accepts every value all the same.
_MOST_VALUES = 2000
_NEVER = datetime.max.replace(tzinfo=UTC)
# Missions of one vehicle within a few months: more would be a mistake in its identity.
_MOST_NEAR = 100


def find(platform: str, mission: str, session: ClientSession | None = None) -> Mission | None:
    """The mission, or None."""
    doc = mongo.db.missions.find_one({"_id": f"{platform}/{mission}"}, session=session)
    return mission_from_document(doc) if doc else None


def named(ids: Sequence[str]) -> list[Mission]:
    """The missions with these ids (`platform/mission`) in their order; unknown ones are left out."""
    docs = {doc["_id"]: doc for doc in mongo.db.missions.find({"_id": {"$in": list(ids)}}).limit(max(len(ids), 1))}
    return [mission_from_document(docs[name]) for name in ids if name in docs]


def basins_of(ids: Sequence[str]) -> Read[dict[str, tuple[BasinShare, ...]]]:
    """The basins of the missions with these ids, by id; unknown ones are left out."""

    def basins(documents: Sequence[dict[str, Any]]) -> dict[str, tuple[BasinShare, ...]]:
        return {doc["_id"]: basin_shares(doc) for doc in documents}

    return combined_reads.by_ids("missions", ids, basins, "basins")


def operator_numbers_of(ids: Sequence[str]) -> Read[dict[str, str]]:
    """The operators' numbers of the missions with these ids, by id; those without one are left out."""

    def numbers(documents: Sequence[dict[str, Any]]) -> dict[str, str]:
        by_id = {doc["_id"]: mission_number.of_file(doc["source"]["file_name"]) for doc in documents}
        return {name: number for name, number in by_id.items() if number}

    return combined_reads.by_ids("missions", ids, numbers, "source.file_name")


def simulated_since(since: datetime, most: int) -> Read[int]:
    """How many simulated missions have data since then, counted up to `most`."""
    match = {"$match": {"simulated": True, "figures.end_at": {"$gte": since}}}
    stages: list[dict[str, Any]] = [match, {"$limit": most}, {"$count": "missions"}]
    return Read("missions", stages, lambda documents: int(documents[0]["missions"]) if documents else 0)


def first_simulated_end(since: datetime) -> datetime | None:
    """The earliest end of the data of simulated missions that have data since then; None without any."""
    query = {"simulated": True, "figures.end_at": {"$gte": since}}
    cursor = mongo.db.missions.find(query, {"figures.end_at": 1}).sort("figures.end_at", 1).limit(1).max_time_ms(2000)
    return next((doc["figures"]["end_at"] for doc in cursor), None)


def sort_key(mission: Mission, sort: str) -> tuple[Any, str]:
    """The (value, id) of the mission in an order: the `after` of the next page."""
    value: Any = {"order": mission_order(mission), "figures": asdict(mission.figures)}
    for key in MISSION_SORTS[sort][0].split("."):
        value = value[key]
    return value, mission.id


def facets() -> dict[str, list[Any]]:
    """The values that each filter of mission lists accepts, in order; derived, as of the last rebuild."""
    doc = mongo.db.facets.find_one({"_id": _FACETS})
    return {name: list(doc.get(name, ())) if doc else [] for name in MISSION_FILTERS}


def years_of(platform: str, simulated: bool) -> list[int]:
    """The years in which a platform has real or simulated data, newest first."""
    years = mongo.db.missions.distinct("years", {"simulated": simulated, "platform": platform}, maxTimeMS=2000)
    return sorted(years, reverse=True)


def derive_facets(session: ClientSession) -> None:
    """Rebuild the values of the filters of mission lists, in the session's transaction."""
    values = {name: _values(name, session) for name in MISSION_FILTERS}
    mongo.db.facets.replace_one({"_id": _FACETS}, {"_id": _FACETS, **values}, upsert=True, session=session)


def _values(name: str, session: ClientSession) -> list[Any]:
    """The values of a filter that match a mission, in order."""
    path = MISSION_FILTERS[name]
    steps = _steps(name, session) if name in MISSION_LISTS else _distinct(path, session)
    return list(islice(steps, _MOST_VALUES))


def _distinct(path: str, session: ClientSession) -> Iterator[Any]:
    values = mongo.db.missions.distinct(path, {"simulated": False}, session=session)
    yield from sorted(value for value in values if value is not None)


def _steps(name: str, session: ClientSession) -> Iterator[Any]:
    """The values of an array field, by one index seek each: `distinct` would read every mission."""
    path = MISSION_FILTERS[name]
    outer, _, inner = path.partition(".")
    beyond: dict[str, Any] = {"$gte": 0 if name == "year" else ""}
    while True:
        query = {"simulated": False, path: beyond}
        # In index order, which a sort would not give: it compares the least value of each array.
        cursor = mongo.db.missions.find(query, {path: 1, "_id": 0}, session=session).hint(f"{name}_newest_first")
        doc = next(iter(cursor.limit(1)), None)
        if doc is None:
            return
        values = [value[inner] if inner else value for value in doc[outer]]
        # The next index key is the least of this mission's values beyond the last one.
        last = min(value for value in values if "$gte" in beyond or value > beyond["$gt"])
        yield last
        beyond = {"$gt": last}


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
    projection = {"platform": 1, "mission": 1, "figures.end_at": 1}
    cursor = (
        mongo.db.missions.find(query, projection)
        .sort(keyset.order(*MISSION_SORTS["newest"]))
        .limit(limit)
        .max_time_ms(2000)
    )
    return [(doc["platform"], doc["mission"], doc["figures"]["end_at"]) for doc in cursor]


def document(platform: str, mission: str, session: ClientSession | None = None) -> dict[str, Any] | None:
    """The mission's whole document, with fields for importers (`remainder`, `modified_ms`, `by_year`); or None."""
    return mongo.db.missions.find_one({"_id": f"{platform}/{mission}"}, session=session)


def ends(names: Sequence[str]) -> dict[str, datetime]:
    """End of the data of stored missions, by mission (`platform/mission`) and by the URL of their source.

    A withdrawn mission has the latest possible end: no data are newer. For a command line: it may read every mission.
    """
    query = {"$or": [{"_id": {"$in": list(names)}}, {"source.file_name": {"$in": list(names)}}]}
    end_times: dict[str, datetime] = {}
    for doc in mongo.db.missions.find(query, {"figures.end_at": 1, "source.file_name": 1}).limit(2 * len(names) + 1):
        end_times[doc["_id"]] = end_times[doc["source"]["file_name"]] = doc["figures"]["end_at"]
    withdrawn = {"$or": [{"_id": {"$in": list(names)}}, {"document.source.file_name": {"$in": list(names)}}]}
    for doc in mongo.db.withdrawals.find(withdrawn, {"document.source.file_name": 1}).limit(2 * len(names) + 1):
        end_times[doc["_id"]] = end_times[doc["document"]["source"]["file_name"]] = _NEVER
    return end_times


def is_current(platform: str, mission: str, version: str, session: ClientSession | None = None) -> bool:
    """True if this is the current version."""
    query = {"_id": f"{platform}/{mission}", "version": version}
    return mongo.db.missions.find_one(query, {"_id": 1}, session=session) is not None


def exists(platform: str, mission: str) -> bool:
    """True if the mission is stored."""
    return mongo.db.missions.find_one({"_id": f"{platform}/{mission}"}, {"_id": 1}) is not None


def near(
    of_platforms: Collection[str], span: tuple[datetime, datetime], day: str | None, simulated: bool
) -> list[dict[str, Any]]:
    """Identity, span, box and metadata of the missions of these platforms that overlap the span, oldest data first.

    Missions whose name begins with the `day` are included, whatever their span is. For importers.
    """
    clauses: list[dict[str, Any]] = [{"figures.end_at": {"$gte": span[0]}, "figures.start_at": {"$lte": span[1]}}]
    if day is not None:
        clauses.append({"mission": {"$regex": f"^{day}"}})
    query = {"simulated": simulated, "platform": {"$in": list(of_platforms)}, "$or": clauses}
    fields = ("platform", "mission", "figures.start_at", "figures.end_at", "figures.bbox", "metadata", "source.scope")
    cursor = mongo.db.missions.find(query, dict.fromkeys(fields, 1)).sort("figures.end_at", 1)
    return list(cursor.limit(_MOST_NEAR))


def is_simulated(platform: str, mission: str, session: ClientSession) -> bool | None:
    """True if the mission is simulated; None if it does not exist."""
    doc = mongo.db.missions.find_one({"_id": f"{platform}/{mission}"}, {"simulated": 1}, session=session)
    return None if doc is None else bool(doc["simulated"])


def put(mission: Mission, extra: Mapping[str, Any], session: ClientSession) -> None:
    """Replace the mission: the one update that swaps versions. `extra` holds fields that only importers read."""
    doc = {**mission_to_document(mission), **extra}
    mongo.db.missions.replace_one({"_id": mission.id}, doc, upsert=True, session=session)


def put_document(stored: Mapping[str, Any], session: ClientSession) -> None:
    """Store a whole document again that `document` returned, with the fields that lists need in this release."""
    record = mission_from_document(stored)
    mongo.db.missions.replace_one(
        {"_id": record.id}, {**stored, **mission_to_document(record)}, upsert=True, session=session
    )


def note_natural_version(platform: str, mission: str, version: str, natural: str) -> None:
    """Store that a version holds the same data as the one that an import of its files makes."""
    query = {"_id": f"{platform}/{mission}", "version": version}
    mongo.db.missions.update_one(query, {"$set": {"natural_version": natural}})


def put_all(pairs: Sequence[tuple[Mission, Mapping[str, Any]]], session: ClientSession) -> None:
    """Replace several missions at once, each with its `extra`."""
    documents = [{**mission_to_document(mission), **extra} for mission, extra in pairs]
    bulk.put(mongo.db.missions, documents, afresh=False, session=session)


def of_platform(platform: str, session: ClientSession) -> list[Mission]:
    """All missions of a platform, oldest data first."""
    # Both values are listed because the index begins with them. A platform makes a few missions a year for 20 years.
    query = {"simulated": {"$in": [False, True]}, "platform": platform}
    cursor = mongo.db.missions.find(query, session=session).sort("figures.end_at", 1).limit(10_000)
    return [mission_from_document(doc) for doc in cursor]


def ids(session: ClientSession | None = None) -> list[str]:
    """The ids of all missions, `platform/mission`, from the keys of an index."""
    return [doc["_id"] for doc in mongo.db.missions.find({}, {"_id": 1}, session=session).sort("_id", 1)]


def set_basins(platform: str, mission: str, basins: Sequence[BasinShare], session: ClientSession) -> None:
    """Replace the basins of a mission."""
    shares = [asdict(share) for share in basins]
    mongo.db.missions.update_one({"_id": f"{platform}/{mission}"}, {"$set": {"basins": shares}}, session=session)


def sums(session: ClientSession, platform: str | None = None) -> Iterator[dict[str, Any]]:
    """The inputs of totals: one document for each real mission (of a platform), newest data first."""
    projection = {"platform": 1, "figures": 1, "basins": 1, "by_year": 1}
    query = {"simulated": False} | ({} if platform is None else {"platform": platform})
    cursor = mongo.db.missions.find(query, projection, session=session)
    yield from cursor.sort(keyset.order(*MISSION_SORTS["newest"]))


def remove(platform: str, mission: str, version: str, session: ClientSession) -> bool:
    """Remove a mission if this is its version; its profiles and samples stay until the version is swept."""
    query = {"_id": f"{platform}/{mission}", "version": version}
    return mongo.db.missions.delete_one(query, session=session).deleted_count == 1


def set_warnings(
    platform: str, mission: str, warnings: Sequence[Finding], of_file: Mapping[str, int], session: ClientSession
) -> None:
    """Replace the warnings of a mission, and those that concern its file as a whole."""
    changes = {"warnings": [asdict(warning) for warning in warnings], "remainder.warnings": dict(of_file)}
    mongo.db.missions.update_one({"_id": f"{platform}/{mission}"}, {"$set": changes}, session=session)


def simulated_before(moment: datetime, limit: int) -> list[tuple[str, str]]:
    """(platform, mission) of at most `limit` simulated missions whose data ended before the moment, oldest first."""
    query = {"simulated": True, "figures.end_at": {"$lt": moment}}
    cursor = (
        mongo.db.missions.find(query, {"platform": 1, "mission": 1})
        .sort(keyset.order(*MISSION_SORTS["oldest"]))
        .limit(limit)
    )
    return [(doc["platform"], doc["mission"]) for doc in cursor]


def remove_simulated(platform: str, mission: str, before: datetime, session: ClientSession) -> str | None:
    """Remove a simulated mission whose data ended before the moment; returns its version, None without a match.

    Its profiles and samples stay until its version is swept.
    """
    query = {"_id": f"{platform}/{mission}", "simulated": True, "figures.end_at": {"$lt": before}}
    doc = mongo.db.missions.find_one_and_delete(query, projection={"version": 1}, session=session)
    return None if doc is None else str(doc["version"])
