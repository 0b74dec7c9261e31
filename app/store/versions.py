"""Versions that nobody reads: being written, replaced, or left by a killed importer. Each is swept once it is old.

A version being written stands here from its first document to its commit, which takes it off; a replaced one comes on.
So whatever is neither current nor here does not exist, wherever an importer dies.
"""

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.extensions import mongo
from app.store import transactions

# A sweep's transactions stay short: an importer that takes the version up again waits for one at most.
_DOCUMENTS_AT_ONCE = 500


def begin(platform: str, mission: str, version: str, at: datetime) -> bool:
    """Announces that a version is being written. True when documents of it may be there already."""
    before = mongo.db.retired_versions.find_one_and_update(
        {"_id": _id(platform, mission, version)},
        {"$set": {"platform": platform, "mission": mission, "version": version, "at": at}},
        upsert=True,
    )
    return before is not None


def touch(platform: str, mission: str, version: str, at: datetime) -> None:
    """Says that a version is still being written."""
    mongo.db.retired_versions.update_one({"_id": _id(platform, mission, version)}, {"$set": {"at": at}})


def settle(platform: str, mission: str, version: str, session: ClientSession) -> bool:
    """Takes a version off, as it becomes current. False when it is not on: it was swept and must be written again."""
    result = mongo.db.retired_versions.delete_one({"_id": _id(platform, mission, version)}, session=session)
    return result.deleted_count == 1


def retire(platform: str, mission: str, version: str, at: datetime, session: ClientSession) -> None:
    """Puts a replaced version on; it can be read until it is swept."""
    doc = {"platform": platform, "mission": mission, "version": version, "at": at}
    mongo.db.retired_versions.replace_one({"_id": _id(platform, mission, version)}, doc, upsert=True, session=session)


def sweep(before: datetime) -> int:
    """Removes versions that went on before that moment, with all they hold. Returns how many."""
    overdue = list(mongo.db.retired_versions.find({"at": {"$lt": before}}).sort("at", 1).limit(1000))
    return sum(_removed(doc) for doc in overdue)


def _removed(doc: dict[str, Any]) -> bool:
    of_version = {key: doc[key] for key in ("platform", "mission", "version")}

    def remove_some(session: ClientSession) -> bool | None:
        """True when it is gone, False when there is more, None when somebody took it up again."""
        touched = mongo.db.retired_versions.update_one(
            {"_id": doc["_id"], "at": doc["at"]}, {"$inc": {"swept": 1}}, session=session
        )
        if touched.matched_count == 0:
            return None
        mission = mongo.db.missions.find_one({"_id": f"{doc['platform']}/{doc['mission']}"}, session=session)
        if mission is not None and mission["version"] == doc["version"]:
            # Announced by an importer that came second with the same file: it is current and stays.
            mongo.db.retired_versions.delete_one({"_id": doc["_id"]}, session=session)
            return None
        left = False
        for collection in (mongo.db.samples, mongo.db.profiles):
            ids = [
                found["_id"]
                for found in collection.find(of_version, {"_id": 1}, session=session).limit(_DOCUMENTS_AT_ONCE)
            ]
            if ids:
                collection.delete_many({"_id": {"$in": ids}}, session=session)
            left = left or len(ids) == _DOCUMENTS_AT_ONCE
        if not left:
            mongo.db.retired_versions.delete_one({"_id": doc["_id"]}, session=session)
        return not left

    while (done := transactions.run(remove_some)) is False:
        pass
    return done is True


def _id(platform: str, mission: str, version: str) -> str:
    return f"{platform}/{mission}/{version}"
