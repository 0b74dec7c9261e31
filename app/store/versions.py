"""Unreferenced versions: being written, retired, or left by a killed importer. A sweep removes each after a while.

The collection lists a version from its first document to its commit, and a retired version from its replacement on. So
every version with documents is current or listed here, at whatever point an importer is killed.
"""

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.extensions import mongo
from app.store import transactions

# Transactions of a sweep are short: an importer that resumes the version waits for one at most.
_DOCUMENTS_AT_ONCE = 500


def begin(platform: str, mission: str, version: str, at: datetime) -> bool:
    """List a version as being written. True if it was listed before, so that documents of it may exist.

    Waits for the end of an open transaction that has changed this version, also for one of a killed importer.
    """
    update = {"$set": {"platform": platform, "mission": mission, "version": version, "at": at}}

    # In a transaction, because only there MongoDB reports that another transaction holds the document.
    def write(session: ClientSession) -> bool:
        listed = mongo.db.retired_versions
        where = {"_id": _id(platform, mission, version)}
        return listed.find_one_and_update(where, update, upsert=True, session=session) is not None

    return transactions.run(write)


def touch(platform: str, mission: str, version: str, at: datetime, session: ClientSession | None = None) -> None:
    """Renew the time of a version that is still being written; with a session, in its transaction."""
    if session is None:
        transactions.run(lambda own: touch(platform, mission, version, at, own))
    else:
        where = {"_id": _id(platform, mission, version)}
        mongo.db.retired_versions.update_one(where, {"$set": {"at": at}}, session=session)


def settle(platform: str, mission: str, version: str, session: ClientSession) -> bool:
    """Remove a version from the list as it becomes current; False if it was swept and must be rewritten."""
    result = mongo.db.retired_versions.delete_one({"_id": _id(platform, mission, version)}, session=session)
    return result.deleted_count == 1


def retire(platform: str, mission: str, version: str, at: datetime, session: ClientSession) -> None:
    """List a replaced version; it remains readable until it is swept."""
    doc = {"platform": platform, "mission": mission, "version": version, "at": at}
    mongo.db.retired_versions.replace_one({"_id": _id(platform, mission, version)}, doc, upsert=True, session=session)


def sweep(before: datetime) -> int:
    """Remove the versions listed before that moment, with their documents; returns their number."""
    overdue = list(mongo.db.retired_versions.find({"at": {"$lt": before}}).sort("at", 1).limit(1000))
    return sum(_removed(doc) for doc in overdue)


def _removed(doc: dict[str, Any]) -> bool:
    of_version = {key: doc[key] for key in ("platform", "mission", "version")}

    def remove_some(session: ClientSession) -> bool | None:
        """True if the version is removed, False if documents remain, None if another importer resumed it."""
        touched = mongo.db.retired_versions.update_one(
            {"_id": doc["_id"], "at": doc["at"]}, {"$inc": {"swept": 1}}, session=session
        )
        if touched.matched_count == 0:
            return None
        key = {"_id": f"{doc['platform']}/{doc['mission']}", "version": doc["version"]}
        owners = (mongo.db.missions, mongo.db.withdrawals)
        if any(owner.find_one(key, {"_id": 1}, session=session) is not None for owner in owners):
            # A second importer of the same file listed it: it is current, or that of a withdrawn mission, and stays.
            mongo.db.retired_versions.delete_one({"_id": doc["_id"]}, session=session)
            return None
        remain = False
        for collection in (mongo.db.samples, mongo.db.profiles):
            ids = [
                doc["_id"] for doc in collection.find(of_version, {"_id": 1}, session=session).limit(_DOCUMENTS_AT_ONCE)
            ]
            if ids:
                collection.delete_many({"_id": {"$in": ids}}, session=session)
            remain = remain or len(ids) == _DOCUMENTS_AT_ONCE
        if not remain:
            mongo.db.retired_versions.delete_one({"_id": doc["_id"]}, session=session)
        return not remain

    while (done := transactions.run(remove_some)) is False:
        pass
    return done is True


def _id(platform: str, mission: str, version: str) -> str:
    return f"{platform}/{mission}/{version}"
