"""The arguments of a seeded store, so that neither another seed nor real data are mixed into it."""

from collections.abc import Mapping
from typing import Any

from app.extensions import mongo


def arguments() -> dict[str, Any] | None:
    """The arguments that `note` stored; None for a store that was never seeded."""
    doc = mongo.db.counters.find_one({"_id": "seed"})
    return None if doc is None else dict(doc["arguments"])


def note(arguments: Mapping[str, Any]) -> None:
    """Store the arguments of the seed."""
    mongo.db.counters.replace_one({"_id": "seed"}, {"_id": "seed", "arguments": dict(arguments)}, upsert=True)


def holds_others(imported_by: str) -> bool:
    """True if a mission has another importer. Reads all missions."""
    query = {"source.imported_by": {"$ne": imported_by}}
    return mongo.db.missions.find_one(query, {"_id": 1}) is not None
