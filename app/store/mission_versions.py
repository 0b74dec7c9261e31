"""Versions of missions with the digests of their originals, from which a version can be imported again.

A version is stored here when it becomes current, and stays after its replacement. Profiles and samples of a replaced
version are deleted after ten minutes; its originals stay.
"""

from dataclasses import asdict
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.mission_versions import MissionVersion, Original
from app.domain.records import Figures
from app.extensions import mongo

Document = dict[str, Any]

# An active mission is replaced several times a day.
_MOST = 10_000


def of_mission(platform: str, mission: str) -> list[MissionVersion]:
    """The versions of a mission, the latest import first."""
    query = {"platform": platform, "mission": mission}
    cursor = mongo.db.mission_versions.find(query).sort("imported_at", -1).limit(_MOST)
    return [_version(doc) for doc in cursor.hint("mission")]


def put(version: MissionVersion, session: ClientSession) -> None:
    """Store a version that becomes current."""
    doc = _document(version)
    mongo.db.mission_versions.replace_one({"_id": doc["_id"]}, doc, upsert=True, session=session)


def put_if_absent(version: MissionVersion, session: ClientSession) -> None:
    """Store a version that an earlier release imported; one that is stored already stays as it is."""
    doc = _document(version)
    mongo.db.mission_versions.update_one({"_id": doc["_id"]}, {"$setOnInsert": doc}, upsert=True, session=session)


def _document(version: MissionVersion) -> Document:
    return {"_id": f"{version.platform}/{version.mission}/{version.version}", **asdict(version)}


def _version(doc: Document) -> MissionVersion:
    fields = {name: doc[name] for name in MissionVersion.__slots__ if name in doc}
    bbox = doc["figures"]["bbox"]
    figures = Figures(**{**doc["figures"], "bbox": tuple(bbox) if bbox else None})
    files = tuple(Original(**each) for each in doc["files"])
    companion = Original(**doc["companion"]) if doc["companion"] else None
    parts = tuple(doc["parts"])
    return MissionVersion(**{**fields, "figures": figures, "files": files, "companion": companion, "parts": parts})


def rename(platform: str, mission: str, new_platform: str, session: ClientSession) -> None:
    """Move the versions of a mission to another platform."""
    query = {"platform": platform, "mission": mission}
    for doc in mongo.db.mission_versions.find(query, session=session).hint("mission"):
        moved = {**doc, "_id": f"{new_platform}/{mission}/{doc['version']}", "platform": new_platform}
        mongo.db.mission_versions.replace_one({"_id": moved["_id"]}, moved, upsert=True, session=session)
    mongo.db.mission_versions.delete_many(query, session=session)
