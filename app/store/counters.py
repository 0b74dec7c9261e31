"""Counters that outlive processes: `_id` is the name, `n` the count."""

from app.extensions import mongo

OUTCOMES = ("stored", "replaced", "unchanged", "refused")
_PREFIX = "imports:"


def imports() -> dict[str, int]:
    """How often an import had each outcome, zeros included."""
    names = [f"{_PREFIX}{outcome}" for outcome in OUTCOMES]
    counts = {doc["_id"]: int(doc["n"]) for doc in mongo.db.counters.find({"_id": {"$in": names}}).limit(len(names))}
    return {outcome: counts.get(f"{_PREFIX}{outcome}", 0) for outcome in OUTCOMES}
