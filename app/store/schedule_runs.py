"""Runs of scheduled tasks: one document for each slot, whose unique id admits one run, whatever beats are running."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo import ReturnDocument
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
    """True if the slot is to be run now; False if another task has run it, or runs it.

    `is_repeated`: this task has claimed the slot before; its worker was lost, or its attempt failed.
    """
    slot = key(entry, slot_at)
    doc = {"_id": slot, "entry": entry, "slot_at": slot_at, "began_at": datetime.now(UTC), "runs": 1}
    # The next slot of a late one is no earlier than that of one that was claimed before.
    mongo.db.counters.update_one({"_id": _SCHEDULE}, {"$max": {f"next.{entry}": next_at}}, upsert=True)
    try:
        mongo.db.schedule_runs.insert_one(doc)
    except DuplicateKeyError:
        if not is_repeated:
            return False
        query = {"_id": slot, "ended_at": {"$exists": False}}
        again = mongo.db.schedule_runs.find_one_and_update(
            query, {"$inc": {"runs": 1}}, return_document=ReturnDocument.AFTER
        )
        return again is not None
    return True


def end(entry: str, slot_at: datetime, outcome: str) -> None:
    """Record the end of the run of a slot."""
    ended = {"$set": {"ended_at": datetime.now(UTC), "outcome": outcome}}
    mongo.db.schedule_runs.update_one({"_id": key(entry, slot_at)}, ended)


def note_schedule(next_at: Mapping[str, datetime]) -> None:
    """Store the next slot of every entry of the schedule. Entries that are no longer in it are removed."""
    mongo.db.counters.replace_one({"_id": _SCHEDULE}, {"next": dict(next_at)}, upsert=True)


def times() -> ScheduleTimes | None:
    """The last runs and the next slots of the entries of the schedule; None if no beat has run yet."""
    schedule = mongo.db.counters.find_one({"_id": _SCHEDULE})
    if schedule is None:
        return None
    ended = {}
    for entry in list(schedule["next"])[:_MOST_ENTRIES]:
        query = {"entry": entry, "ended_at": {"$exists": True}}
        last = mongo.db.schedule_runs.find_one(query, {"ended_at": 1}, sort=[("ended_at", -1)])
        if last is not None:
            ended[entry] = last["ended_at"].timestamp()
    return ScheduleTimes(ended, {entry: at.timestamp() for entry, at in schedule["next"].items()})
