"""What came of the last verification of the whole store; one document, replaced by the next."""

from dataclasses import asdict

from app.domain.records import Verification
from app.extensions import mongo

_ID = "verification"


def last() -> Verification | None:
    """The last verification that came to its end; None before the first."""
    doc = mongo.db.counters.find_one({"_id": _ID})
    return Verification(**{name: doc[name] for name in Verification.__slots__}) if doc else None


def ended() -> tuple[float, int] | None:
    """When it ended, seconds since 1970, and how many differences it found; None before the first."""
    found = last()
    return None if found is None else (found.ended_at.timestamp(), found.differences)


def note(found: Verification) -> None:
    """Makes this the last verification."""
    mongo.db.counters.replace_one({"_id": _ID}, {"_id": _ID, **asdict(found)}, upsert=True)
