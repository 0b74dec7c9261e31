"""Updates: news of missions, derived from them; `_id` is `kind/platform/mission`, so that news come once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ReplaceOne
from pymongo.client_session import ClientSession

from app.domain.records import Update, UpdateKind
from app.extensions import mongo
from app.store import keyset
from app.store.documents import update_from_document, update_to_document


def page(
    now: datetime,
    limit: int,
    after: tuple[datetime, str] | None = None,
    kind: UpdateKind | None = None,
    platform: str | None = None,
    simulated: bool = False,
) -> list[Update]:
    """At most `limit` updates that are known by `now`, newest first, after (shown_from, id)."""
    query = _matching(kind, platform, simulated)
    query["shown_from"] = {"$lte": now}
    index = "_".join((*(["platform"] if platform else []), *(["kind"] if kind else []), "newest"))
    found = keyset.read(mongo.db.updates, query, ("shown_from", -1), after, limit, index)
    return [update_from_document(doc) for doc in found]


def next_known(now: datetime, kind: UpdateKind | None, platform: str | None, simulated: bool) -> datetime | None:
    """When the next of what `page` lists becomes known, as far as can be foreseen now."""
    query = _matching(kind, platform, simulated) | {"shown_from": {"$gt": now}}
    found = mongo.db.updates.find(query, {"shown_from": 1}).sort("shown_from", 1).limit(1).max_time_ms(2000)
    return next((doc["shown_from"] for doc in found), None)


def _matching(kind: UpdateKind | None, platform: str | None, simulated: bool) -> dict[str, Any]:
    # Named even where both are wanted: the indexes begin with it.
    query: dict[str, Any] = {"simulated": {"$in": [False, True]} if simulated else False}
    return query | {name: value for name, value in (("kind", kind), ("platform", platform)) if value}


def of_platform(platform: str, session: ClientSession) -> list[Update]:
    """All updates of a platform, also those that are not known yet."""
    # Three a mission, and a platform makes a few missions a year.
    found = mongo.db.updates.find({"platform": platform}, session=session).sort("_id", 1).limit(30_000)
    return [update_from_document(doc) for doc in found]


def replace_of(platform: str, found: Sequence[Update], session: ClientSession) -> None:
    """Makes these all the updates of a platform."""
    documents = [update_to_document(update) for update in found]
    if documents:
        changes = [ReplaceOne({"_id": doc["_id"]}, doc, upsert=True) for doc in documents]
        mongo.db.updates.bulk_write(changes, session=session)
    kept = [doc["_id"] for doc in documents]
    mongo.db.updates.delete_many({"platform": platform, "_id": {"$nin": kept}}, session=session)
