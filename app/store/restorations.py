"""Restorations of missions: the last one of each mission. `_id` is `platform/mission`."""

from dataclasses import asdict

from pymongo.client_session import ClientSession

from app.domain.withdrawals import Restoration
from app.extensions import mongo
from app.store.documents import record_of

# As of withdrawals.
_MOST = 10_000


def find(platform: str, mission: str, session: ClientSession) -> Restoration | None:
    """The last restoration of a mission; None if it was never restored."""
    doc = mongo.db.restorations.find_one({"_id": f"{platform}/{mission}"}, session=session)
    return record_of(Restoration, doc) if doc else None


def of_platform(platform: str, session: ClientSession) -> list[Restoration]:
    """The last restorations of the missions of a platform, also of missions that are withdrawn again."""
    cursor = mongo.db.restorations.find({"platform": platform}, session=session).sort("mission", 1).limit(_MOST)
    return [record_of(Restoration, doc) for doc in cursor]


def put(restoration: Restoration, session: ClientSession) -> None:
    """Store a restoration in place of an earlier one of the mission."""
    doc = {"_id": restoration.id, **asdict(restoration)}
    mongo.db.restorations.replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)


def rename(platform: str, mission: str, new_platform: str, session: ClientSession) -> None:
    """Move the restoration of a mission to another platform."""
    doc = mongo.db.restorations.find_one_and_delete({"_id": f"{platform}/{mission}"}, session=session)
    if doc is not None:
        moved = {**doc, "_id": f"{new_platform}/{mission}", "platform": new_platform}
        mongo.db.restorations.replace_one({"_id": moved["_id"]}, moved, upsert=True, session=session)
