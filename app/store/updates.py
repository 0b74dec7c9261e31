"""Updates: events of missions, derived; `_id` begins with `kind/platform/mission`, so that each occurs once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from app.domain.records import Update, UpdateKind
from app.extensions import mongo
from app.store import keyset
from app.store.combined_reads import Read
from app.store.documents import update_from_document, update_to_document

# Earlier releases stored ends of missions as this kind, until the next import.
_FORMER_END = "recovery"


def page(
    now: datetime,
    limit: int,
    after: tuple[datetime, str] | None = None,
    kind: UpdateKind | None = None,
    platform: str | None = None,
    simulated: bool = False,
) -> list[Update]:
    """At most `limit` updates that are public by `now`, newest first, after (shown_from, id)."""
    query = _matching(kind, platform, simulated)
    query["shown_from"] = {"$lte": now}
    index = "_".join((*(["platform"] if platform else []), *(["kind"] if kind else []), "newest"))
    documents = keyset.read(mongo.db.updates, query, ("shown_from", -1), after, limit, index)
    return [update_from_document(doc) for doc in documents]


def next_known(now: datetime, kind: UpdateKind | None, platform: str | None, simulated: bool) -> Read[datetime | None]:
    """When the next update that `page` would list becomes public, as far as it is known now; None without one."""
    query = _matching(kind, platform, simulated) | {"shown_from": {"$gt": now}}
    stages: list[dict[str, Any]] = [
        {"$match": query},
        {"$sort": {"shown_from": 1}},
        {"$limit": 1},
        {"$project": {"shown_from": 1}},
    ]
    return Read("updates", stages, lambda documents: documents[0]["shown_from"] if documents else None)


def _matching(kind: UpdateKind | None, platform: str | None, simulated: bool) -> dict[str, Any]:
    # Also when both values match: the indexes begin with this field.
    query: dict[str, Any] = {"simulated": {"$in": [False, True]} if simulated else False}
    # Kinds of a later release, which was rolled back, are left out.
    kinds = [*get_args(UpdateKind), _FORMER_END] if kind is None else [kind, *([_FORMER_END] if kind == "end" else [])]
    return query | {"kind": {"$in": kinds}} | ({"platform": platform} if platform else {})


def end_of(mission: str) -> Update | None:
    """The end of a mission (`platform/mission`), also a foreseen one; None until it is derived, after an import."""
    doc = mongo.db.updates.find_one({"_id": {"$in": [f"end/{mission}", f"{_FORMER_END}/{mission}"]}}, sort=[("_id", 1)])
    return update_from_document(doc) if doc else None


def of_platform(platform: str, session: ClientSession) -> list[Update]:
    """All updates of a platform, including those that are not public yet."""
    # Five per mission at most, and a platform makes a few missions a year.
    cursor = mongo.db.updates.find({"platform": platform}, session=session).sort("_id", 1).limit(30_000)
    return [update_from_document(doc) for doc in cursor]


def learned(platform: str, mission: str, session: ClientSession) -> dict[str, datetime]:
    """The times at which the data that prove the updates of a mission were first imported, by kind."""
    query = {"platform": platform, "mission": mission, "learned_at": {"$type": "date"}}
    return {doc["kind"]: doc["learned_at"] for doc in mongo.db.updates.find(query, session=session).limit(10)}


def replace_of(platform: str, updates: Sequence[Update], session: ClientSession) -> None:
    """Replace all updates of a platform."""
    documents = [update_to_document(update) for update in updates]
    if documents:
        changes = [ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in documents]
        mongo.db.updates.bulk_write(changes, session=session)
    current = [doc["_id"] for doc in documents]
    mongo.db.updates.delete_many({"platform": platform, "_id": {"$nin": current}}, session=session)


def copy(platform: str, mission: str, new_platform: str, session: ClientSession) -> None:
    """Copy the updates of a mission to another platform, with the times of their first import and their public ids."""
    for doc in mongo.db.updates.find({"platform": platform, "mission": mission}, session=session):
        copied_id = doc["_id"].replace(f"/{platform}/", f"/{new_platform}/", 1)
        published = doc.get("published_platform", platform)
        copied = {**doc, "_id": copied_id, "platform": new_platform, "published_platform": published}
        if published == new_platform:
            del copied["published_platform"]
        mongo.db.updates.replace_one({"_id": copied["_id"]}, copied, upsert=True, session=session)
