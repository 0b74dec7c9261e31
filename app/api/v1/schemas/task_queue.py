"""The queue and its schedule."""

from typing import Self

from pydantic import Field

from app.api.v1.schemas.types import Resource, Time
from app.domain import task_queue


class QueuedTasks(Resource):
    """Tasks of one kind."""

    task: str = Field(description="The kind, for example `import` or `rebuild`.")
    waiting: int
    running: int
    oldest_at: Time | None = Field(description="Since when the oldest of them waits; null if none waits.")


class ParkedTask(Resource):
    """A task that failed all of its attempts. An operator decides about it."""

    task: str
    subject: str | None = Field(description="Its file or its entry of the schedule, if it has one.")
    at: Time = Field(description="When it was parked.")
    cause: str = Field(description="The cause, without addresses, paths and the words of servers.")


class ScheduledEntry(Resource):
    """An entry of the schedule."""

    entry: str
    next_at: Time = Field(description="When it is due; in the past if it is late.")
    ended_at: Time | None = Field(description="When its last run ended; null before the first one.")
    outcome: str | None = Field(description="The outcome of its last run, for example `done` or `parked`.")


class TaskQueue(Resource):
    """The queue and its schedule. The numbers are those that workers counted at `at`."""

    at: Time | None = Field(description="When a worker counted the tasks; null if none has.")
    is_stale: bool = Field(description="True if that is more than a minute ago: the numbers may be wrong.")
    tasks: list[QueuedTasks] = Field(description="The kinds of which a task waits or runs.")
    parked: list[ParkedTask] = Field(description="The latest parked tasks, 20 at most.")
    schedule: list[ScheduledEntry] = Field(description="The entries of the schedule, 50 at most.")

    @classmethod
    def of(cls, overview: task_queue.Overview) -> Self:
        state = overview.state
        return cls(
            at=state.at if state else None,
            is_stale=overview.is_stale,
            tasks=[QueuedTasks.model_validate(each) for each in (state.tasks if state else ())],
            parked=[ParkedTask.model_validate(each) for each in overview.parked],
            schedule=[ScheduledEntry.model_validate(each) for each in overview.schedule],
        )
