"""Profiles: one document each, under the version of the mission they belong to."""

from datetime import datetime

from app.domain.records import Profile
from app.extensions import mongo
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
