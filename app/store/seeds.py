"""What a seeded store was made with, so that no other seed and nothing real gets mixed into it."""

from collections.abc import Mapping
from typing import Any

from app.extensions import mongo


def arguments() -> dict[str, Any] | None:
    """What `note` was given; None for a store that was never seeded."""
    doc = mongo.db.counters.find_one({"_id": "seed"})
    return None if doc is None else dict(doc["arguments"])


def note(arguments: Mapping[str, Any]) -> None:
    """Notes what the store is seeded with."""
    mongo.db.counters.replace_one({"_id": "seed"}, {"_id": "seed", "arguments": dict(arguments)}, upsert=True)


def holds_others(imported_by: str) -> bool:
    """Whether there is a mission that somebody else has brought. Looks at all of them."""
    query = {"source.imported_by": {"$ne": imported_by}}
    return mongo.db.missions.find_one(query, {"_id": 1}) is not None
