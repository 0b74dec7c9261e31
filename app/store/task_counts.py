"""Counts of tasks by outcome, with the time that they took; they outlive the workers."""

from dataclasses import dataclass

from app.extensions import mongo

_PREFIX = "tasks:"
# Tasks times outcomes, with room for those of other releases.
_MOST = 200


@dataclass(frozen=True, slots=True)
class TaskCount:
    """How many attempts of a task ended with an outcome, and how long they took together."""

    task: str
    outcome: str
    count: int
    seconds: float


def note(task: str, outcome: str, seconds: float) -> None:
    """Count an attempt."""
    change = {"$inc": {"n": 1, "seconds": seconds}, "$setOnInsert": {"task": task, "outcome": outcome}}
    mongo.db.counters.update_one({"_id": f"{_PREFIX}{task}:{outcome}"}, change, upsert=True)


def all_counts() -> list[TaskCount]:
    """All counts, in the order of their names."""
    query = {"_id": {"$gte": _PREFIX, "$lt": f"{_PREFIX}\uffff"}}
    found = mongo.db.counters.find(query).sort("_id", 1).limit(_MOST)
    return [TaskCount(doc["task"], doc["outcome"], int(doc["n"]), float(doc["seconds"])) for doc in found]
