"""Former ids of platforms: `_id` is the former id, `platform` the present one. Old addresses redirect by it."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, DESCENDING
from pymongo.client_session import ClientSession

from app.extensions import mongo

# Ten for each of the 100 platforms that one webhook may name.
_MOST_FORMER = 1000


def current(platform: str, session: ClientSession | None = None) -> str | None:
    """The present id of a platform that had this id before; None if there is none."""
    doc = mongo.db.platform_aliases.find_one({"_id": platform}, {"platform": 1}, session=session)
    return str(doc["platform"]) if doc else None


def current_ids(platforms: Sequence[str]) -> dict[str, str]:
    """The present ids of those platforms that had one of these ids before, by the former id."""
    cursor = mongo.db.platform_aliases.find({"_id": {"$in": list(platforms)}}, {"platform": 1})
    return {doc["_id"]: str(doc["platform"]) for doc in cursor.limit(max(len(platforms), 1))}


def former_ids(platforms: Sequence[str]) -> dict[str, list[str]]:
    """The former ids of these platforms that have some, newest first, by the present id."""
    cursor = mongo.db.platform_aliases.find({"platform": {"$in": list(platforms)}}, {"platform": 1})
    former: dict[str, list[str]] = {}
    for doc in cursor.sort([("at", DESCENDING), ("_id", ASCENDING)]).limit(_MOST_FORMER):
        former.setdefault(str(doc["platform"]), []).append(doc["_id"])
    return former


def put(former: str, present: str, at: datetime, session: ClientSession) -> None:
    """Store that a platform got another id; its earlier former ids lead to the present one, too."""
    aliases = mongo.db.platform_aliases
    # The platform may get a former id again.
    aliases.delete_one({"_id": present}, session=session)
    aliases.update_many({"platform": former}, {"$set": {"platform": present}}, session=session)
    doc = {"_id": former, "platform": present, "at": at}
    aliases.replace_one({"_id": former}, doc, upsert=True, session=session)
