"""Withdrawn missions: the tombstone and, in it, the whole document of the mission, for its restoration.

The document is in no other collection, so that no list, sum or search finds it. Profiles, samples and originals stay.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.withdrawals import Withdrawal
from app.extensions import mongo
from app.store.documents import record_of

Document = dict[str, Any]

_STONE = ("platform", "mission", "version", "at", "reason", "serial", "name", "learned", "number")
_FILE_NAME = "document.source.file_name"
_READ = dict.fromkeys((*_STONE, _FILE_NAME), 1)
# A platform makes a few missions a year; nearly all of them are right.
_MOST = 10_000


def find(platform: str, mission: str, session: ClientSession | None = None) -> Withdrawal | None:
    """The tombstone of a mission; None if it is not withdrawn."""
    query = {"_id": f"{platform}/{mission}"}
    doc = mongo.db.withdrawals.find_one(query, _READ, session=session)
    return _withdrawal(doc) if doc else None


def document(platform: str, mission: str, session: ClientSession) -> Document | None:
    """The document of a withdrawn mission as it was; None if it is not withdrawn."""
    doc = mongo.db.withdrawals.find_one({"_id": f"{platform}/{mission}"}, {"document": 1}, session=session)
    return dict(doc["document"]) if doc else None


def of_platform(platform: str, session: ClientSession | None = None) -> list[Withdrawal]:
    """The withdrawn missions of a platform, in their order."""
    cursor = mongo.db.withdrawals.find({"platform": platform}, _READ, session=session)
    return [_withdrawal(doc) for doc in cursor.sort("mission", 1).limit(_MOST)]


def of_label(label: str) -> list[Withdrawal]:
    """The withdrawn missions of the platforms that had this label, in lower case."""
    cursor = mongo.db.withdrawals.find({"serial_key": label}, _READ)
    return [_withdrawal(doc) for doc in cursor.sort([("platform", 1), ("mission", 1)]).limit(_MOST)]


def near(platforms: Collection[str], span: tuple[datetime, datetime], day: str | None) -> list[Document]:
    """Withdrawn missions of these platforms in the form of `missions.near`. For importers."""
    fields = ("platform", "mission", "figures.start_at", "figures.end_at", "figures.bbox", "metadata", "source.scope")
    projection = dict.fromkeys((f"document.{field}" for field in ("_id", *fields)), 1)
    overlap = {"document.figures.end_at": {"$gte": span[0]}, "document.figures.start_at": {"$lte": span[1]}}
    clauses: list[Document] = [overlap, *([{"mission": {"$regex": f"^{day}"}}] if day is not None else [])]
    query = {"platform": {"$in": list(platforms)}, "$or": clauses}
    return [doc["document"] for doc in mongo.db.withdrawals.find(query, projection).sort("_id", 1).limit(100)]


def put(withdrawal: Withdrawal, stored: Document, session: ClientSession) -> None:
    """Store the tombstone of a mission with its document."""
    fields = {name: getattr(withdrawal, name) for name in _STONE}
    key = (withdrawal.serial or withdrawal.platform).lower()
    doc = {"_id": withdrawal.id, "serial_key": key, **fields, "document": stored}
    mongo.db.withdrawals.replace_one({"_id": withdrawal.id}, doc, upsert=True, session=session)


def remove(platform: str, mission: str, session: ClientSession) -> None:
    """Remove the tombstone of a mission."""
    mongo.db.withdrawals.delete_one({"_id": f"{platform}/{mission}"}, session=session)


def _withdrawal(doc: Document) -> Withdrawal:
    return record_of(Withdrawal, doc, file_name=doc["document"]["source"]["file_name"])
