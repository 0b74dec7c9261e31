"""The result of the last verification of the whole store: one document, replaced by the next."""

from dataclasses import asdict

from app.domain.import_log import Verification
from app.extensions import mongo

_ID = "verification"


def last() -> Verification | None:
    """The last complete verification; None before the first."""
    doc = mongo.db.counters.find_one({"_id": _ID})
    return Verification(**{name: doc[name] for name in Verification.__slots__}) if doc else None


def ended() -> tuple[float, int] | None:
    """End of the last verification, s since 1970, and its number of differences; None before the first."""
    verification = last()
    return None if verification is None else (verification.ended_at.timestamp(), verification.differences)


def note(verification: Verification) -> None:
    """Store this as the last verification."""
    mongo.db.counters.replace_one({"_id": _ID}, {"_id": _ID, **asdict(verification)}, upsert=True)
