"""Former ids of platforms: `_id` is the former id, `platform` the present one. Old addresses redirect by it.

`serial_key` is the label that the platform had under the former id, in lower case: addresses of its page contained it.
"""

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


def of_label(label: str) -> str | None:
    """The present id of the platform that was renamed last among those that had this label, in lower case."""
    cursor = mongo.db.platform_aliases.find({"serial_key": label}, {"platform": 1}).sort("at", DESCENDING).limit(1)
    return next((str(doc["platform"]) for doc in cursor), None)


def current_ids(names: Sequence[str]) -> dict[str, str]:
    """The present ids of those platforms that had one of these ids or labels before, by the former id or label."""
    wanted = list(names)
    query = {"$or": [{"_id": {"$in": wanted}}, {"serial_key": {"$in": wanted}}]}
    found = list(mongo.db.platform_aliases.find(query, {"platform": 1, "serial_key": 1}).limit(_MOST_FORMER))
    by_label = {doc["serial_key"]: str(doc["platform"]) for doc in found if doc.get("serial_key")}
    both = by_label | {doc["_id"]: str(doc["platform"]) for doc in found}
    return {name: both[name] for name in wanted if name in both}


def former_ids(platforms: Sequence[str], session: ClientSession | None = None) -> dict[str, list[str]]:
    """The former ids of these platforms that have some, newest first, by the present id."""
    query = {"platform": {"$in": list(platforms)}}
    cursor = mongo.db.platform_aliases.find(query, {"platform": 1}, session=session)
    former: dict[str, list[str]] = {}
    for doc in cursor.sort([("at", DESCENDING), ("_id", ASCENDING)]).limit(_MOST_FORMER):
        former.setdefault(str(doc["platform"]), []).append(doc["_id"])
    return former


def put(former: str, present: str, label: str | None, at: datetime, session: ClientSession) -> None:
    """Store that a platform got another id; its earlier former ids lead to the present one, too.

    `label`: the one that it had under the former id; with None, one that was stored before stays.
    """
    aliases = mongo.db.platform_aliases
    # The platform may get a former id again.
    aliases.delete_one({"_id": present}, session=session)
    aliases.update_many({"platform": former}, {"$set": {"platform": present}}, session=session)
    fields = {"platform": present, "at": at, **({} if label is None else {"serial_key": label.lower()})}
    aliases.update_one({"_id": former}, {"$set": fields}, upsert=True, session=session)
