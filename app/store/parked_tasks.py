"""Parked tasks: those that failed all of their attempts, or ended their worker too often. An operator decides."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.extensions import mongo


@dataclass(frozen=True, slots=True)
class ParkedTask:
    """A task with its arguments, since when it is parked, and why. `public_cause`: without the words of others."""

    id: str
    task: str
    arguments: dict[str, Any]
    at: datetime
    cause: str
    public_cause: str

    @property
    def subject(self) -> str | None:
        """The entry of the schedule, the names of the files, or the address without its query; None without any."""
        if self.arguments.get("url"):
            return str(self.arguments["url"]).partition("?")[0]
        names = ", ".join(str(file["name"]) for file in self.arguments.get("files", ()))
        return names or self.arguments.get("entry")


def park(task_id: str, task: str, arguments: dict[str, Any], cause: str, public_cause: str) -> None:
    """Store the task as parked, or replace an earlier cause."""
    doc = {"task": task, "arguments": arguments, "at": datetime.now(UTC), "cause": cause, "public_cause": public_cause}
    mongo.db.parked_tasks.replace_one({"_id": task_id}, doc, upsert=True)


def newest(most: int) -> list[ParkedTask]:
    """The parked tasks, the latest first."""
    return [_task(doc) for doc in mongo.db.parked_tasks.find().sort("at", -1).limit(most)]


def find(task_id: str) -> ParkedTask | None:
    """A parked task, None if there is none with this id."""
    doc = mongo.db.parked_tasks.find_one({"_id": task_id})
    return _task(doc) if doc else None


def remove(task_id: str) -> None:
    """Remove a task, because it is queued again or discarded."""
    mongo.db.parked_tasks.delete_one({"_id": task_id})


def count() -> int:
    """The number of parked tasks."""
    return mongo.db.parked_tasks.count_documents({})


def _task(doc: dict[str, Any]) -> ParkedTask:
    # Earlier releases have stored no public cause.
    public_cause = doc.get("public_cause", "its operator can read the cause")
    return ParkedTask(doc["_id"], doc["task"], doc["arguments"], doc["at"], doc["cause"], public_cause)
