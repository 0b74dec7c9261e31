"""Runs of scheduled tasks: one document for each slot, whose unique id admits one run, whatever beats are running.

A lease for each entry (`leases`) admits one run at a time, also if a broker hands a task to a second worker while the
first one still runs it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from app.extensions import mongo

# The counter with the next slot of each entry of the schedule.
_SCHEDULE = "schedule"
_MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class ScheduleTimes:
    """By entry: the end of the last run, and the next slot that is due. In seconds since 1970."""

    ended_s: dict[str, float]
    next_s: dict[str, float]


def key(entry: str, slot_at: datetime) -> str:
    """The name of a slot: of its document and of its task."""
    return f"{entry}@{slot_at:%Y%m%dT%H%M%SZ}"


def claim(entry: str, slot_at: datetime, next_at: datetime, is_repeated: bool) -> bool:
    """True if the slot is to be run; False if another task has claimed it, or if its run has ended.

    `is_repeated`: this task has claimed the slot before; its worker was lost, or its attempt failed.
    """
    slot = key(entry, slot_at)
    doc = {"_id": slot, "entry": entry, "slot_at": slot_at, "began_at": datetime.now(UTC), "runs": 0}
    # The next slot of a late one is no earlier than that of one that was claimed before.
    mongo.db.counters.update_one({"_id": _SCHEDULE}, {"$max": {f"next.{entry}": next_at}}, upsert=True)
    try:
        mongo.db.schedule_runs.insert_one(doc)
    except DuplicateKeyError:
        query = {"_id": slot, "ended_at": {"$exists": False}}
        return is_repeated and mongo.db.schedule_runs.find_one(query, {"_id": 1}) is not None
    return True


def begin(entry: str, slot_at: datetime) -> None:
    """Count a run of the slot, which begins now."""
    mongo.db.schedule_runs.update_one({"_id": key(entry, slot_at)}, {"$inc": {"runs": 1}})


def end(entry: str, slot_at: datetime, outcome: str) -> None:
    """Record the end of the run of a slot."""
    ended = {"$set": {"ended_at": datetime.now(UTC), "outcome": outcome}}
    mongo.db.schedule_runs.update_one({"_id": key(entry, slot_at)}, ended)


def last_ends(entries: Sequence[str]) -> dict[str, tuple[datetime, str]]:
    """The end and the outcome of the last run of each entry that has ended a run."""
    stages: list[dict[str, Any]] = [
        {"$match": {"entry": {"$in": list(entries[:_MOST_ENTRIES])}, "ended_at": {"$exists": True}}},
        {"$sort": {"entry": 1, "ended_at": -1}},
        {"$group": {"_id": "$entry", "at": {"$first": "$ended_at"}, "outcome": {"$first": "$outcome"}}},
    ]
    return {doc["_id"]: (doc["at"], doc["outcome"]) for doc in mongo.db.schedule_runs.aggregate(stages)}


def next_slots() -> dict[str, datetime]:
    """The next slot of each entry of the schedule; empty if no beat has run yet."""
    schedule = mongo.db.counters.find_one({"_id": _SCHEDULE})
    return {} if schedule is None else dict(schedule["next"])


def note_schedule(next_at: Mapping[str, datetime]) -> None:
    """Store the next slot of every entry of the schedule. Entries that are no longer in it are removed."""
    mongo.db.counters.replace_one({"_id": _SCHEDULE}, {"next": dict(next_at)}, upsert=True)


def times() -> ScheduleTimes | None:
    """The last runs and the next slots of the entries of the schedule; None if no beat has run yet."""
    slots = next_slots()
    if not slots:
        return None
    ended = {entry: at.timestamp() for entry, (at, _) in last_ends(list(slots)).items()}
    return ScheduleTimes(ended, {entry: at.timestamp() for entry, at in slots.items()})
