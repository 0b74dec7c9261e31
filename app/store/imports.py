"""The import log: every attempt to take a file in, and how often each outcome happened."""

from dataclasses import asdict

from pymongo.client_session import ClientSession

from app.domain.records import ImportAttempt
from app.extensions import mongo


def log(attempt: ImportAttempt, session: ClientSession) -> None:
    """Logs an attempt and counts its outcome, in the transaction that makes it true."""
    doc = asdict(attempt)
    mongo.db.imports.insert_one({"_id": doc.pop("id"), **doc}, session=session)
    mongo.db.counters.update_one(
        {"_id": f"imports:{attempt.outcome}"}, {"$inc": {"n": 1}}, upsert=True, session=session
    )
