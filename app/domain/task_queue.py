"""The state of the queue and its schedule, as the status page and the API show it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QueuedTasks:
    """The tasks of one kind: how many wait and run, and since when the oldest of them waits; None if none waits."""

    task: str
    waiting: int
    running: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueState:
    """What the workers have published: the kinds of which a task waits or runs, and when they counted."""

    at: datetime
    tasks: tuple[QueuedTasks, ...]


@dataclass(frozen=True, slots=True)
class PublicParkedTask:
    """A parked task without the words of servers, addresses and paths. `subject`: its file or entry, if it has one."""

    task: str
    subject: str | None
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class ScheduledEntry:
    """An entry of the schedule: its next slot, and the end and outcome of its last run, None before the first one."""

    entry: str
    next_at: datetime
    ended_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The queue and its schedule. `state`: None if no worker has published it; `is_stale` if that was long ago."""

    state: QueueState | None
    is_stale: bool
    parked: tuple[PublicParkedTask, ...]
    schedule: tuple[ScheduledEntry, ...]
