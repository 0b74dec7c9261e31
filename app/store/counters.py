"""Counters that outlive processes: `_id` is the name, `n` the count."""

from typing import Any

from app.extensions import mongo

OUTCOMES = ("stored", "replaced", "unchanged", "refused")
_PREFIX = "imports:"


def imports() -> dict[str, int]:
    """How often an import had each outcome, zeros included."""
    return {outcome: int(doc.get("n", 0)) for outcome, doc in _outcomes().items()}


def profiles() -> int:
    """The number of profiles in all files that were stored or that replaced others; repeated imports count again."""
    return sum(int(doc.get("profiles", 0)) for doc in _outcomes().values())


def _outcomes() -> dict[str, dict[str, Any]]:
    """The counter of each outcome; empty before its first import."""
    names = [f"{_PREFIX}{outcome}" for outcome in OUTCOMES]
    documents = {doc["_id"]: doc for doc in mongo.db.counters.find({"_id": {"$in": names}}).limit(len(names))}
    return {outcome: documents.get(f"{_PREFIX}{outcome}", {}) for outcome in OUTCOMES}
