"""Reported positions: a bounded history of each platform, and its newest one in a small collection for all pages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession
from pymongo.collection import Collection

from app.domain.reported_positions import Outcome, ReportedPosition
from app.extensions import mongo
from app.store import combined_reads, keyset
from app.store.combined_reads import Read
from app.store.documents import record_of

Document = dict[str, Any]

# A position each 3 hours for 60 days, which is the retention; each 15 minutes for five days.
_HISTORY = 500
# Ten times the gliders that are at sea in the whole world.
_MOST = 10_000


def put(positions: Sequence[ReportedPosition], sender: str, at: datetime, session: ClientSession) -> dict[str, Outcome]:
    """Store positions; what became of each, by its id. A position that is stored already stays as it is."""
    ids = sorted({position.id for position in positions})
    known = {doc["_id"] for doc in _history().find({"_id": {"$in": ids}}, {"_id": 1}, session=session).limit(len(ids))}
    # The first one of several with one time counts.
    fresh = {position.id: position for position in reversed(positions) if position.id not in known}
    outcomes: dict[str, Outcome] = {each: "earlier" if each in fresh else "unchanged" for each in ids}
    if not fresh:
        return outcomes
    _history().insert_many([_document(each, sender, at) for each in fresh.values()], session=session)
    platforms = sorted({position.platform for position in fresh.values()})
    before = {doc["_id"]: doc["at"] for doc in _newest().find({"_id": {"$in": platforms}}, {"at": 1}, session=session)}
    for platform in platforms:
        last = max((each for each in fresh.values() if each.platform == platform), key=lambda each: each.at)
        if platform not in before or before[platform] < last.at:
            outcomes[last.id] = "newest"
            doc = _document(last, sender, at) | {"_id": platform}
            _newest().replace_one({"_id": platform}, doc, upsert=True, session=session)
        _trim(platform, session)
    return outcomes


def newest_of(platforms: Sequence[str]) -> Read[dict[str, ReportedPosition]]:
    """The newest reported position of each of these platforms that has one, by platform."""
    return combined_reads.by_ids("newest_positions", platforms, _by_platform)


def newest() -> Read[dict[str, ReportedPosition]]:
    """The newest reported position of every platform that has one, by platform."""
    return Read("newest_positions", [{"$limit": _MOST}], _by_platform)


def history(platform: str, after: datetime | None, limit: int) -> list[ReportedPosition]:
    """At most `limit` reported positions of a platform after a time, the newest first."""
    query: Document = {"platform": platform, **({} if after is None else {"at": {"$gt": after}})}
    cursor = _history().find(query).sort("at", -1).limit(limit).max_time_ms(keyset.TIMEOUT_MS)
    return [_position(doc) for doc in cursor]


def rename(former: str, present: str, session: ClientSession) -> None:
    """Move the positions of a platform to its new id, in place of those that had this id before. For importers."""
    docs = _history().find({"platform": former}, session=session).limit(_HISTORY)
    moved = [doc | {"_id": doc["_id"].replace(former, present, 1), "platform": present} for doc in docs]
    if moved:
        _history().delete_many({"platform": {"$in": [former, present]}}, session=session)
        _history().insert_many(moved, session=session)
    last = _newest().find_one_and_delete({"_id": former}, session=session)
    if last is not None:
        _newest().replace_one({"_id": present}, last | {"_id": present, "platform": present}, True, session=session)


def _trim(platform: str, session: ClientSession) -> None:
    """Remove the positions before the last _HISTORY ones."""
    old = _history().find({"platform": platform}, {"_id": 1}, session=session).sort("at", -1).skip(_HISTORY)
    if ids := [doc["_id"] for doc in old.limit(_HISTORY)]:
        _history().delete_many({"_id": {"$in": ids}}, session=session)


def _document(position: ReportedPosition, sender: str, at: datetime) -> Document:
    fields = {name: getattr(position, name) for name in ReportedPosition.__slots__}
    return {"_id": position.id, **fields, "sender": sender, "received_at": at}


def _position(doc: Mapping[str, Any]) -> ReportedPosition:
    return record_of(ReportedPosition, doc)


def _by_platform(documents: Sequence[Document]) -> dict[str, ReportedPosition]:
    return {doc["_id"]: _position(doc) for doc in documents}


def _history() -> Collection[Document]:
    return mongo.db.reported_positions


def _newest() -> Collection[Document]:
    return mongo.db.newest_positions
