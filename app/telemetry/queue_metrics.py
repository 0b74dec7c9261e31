"""Metrics of the queue and its schedule, from what the broker and the store report."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class QueueState(Protocol):
    """Of each queue the number of waiting tasks and the age of the oldest, s; and the number of tasks with workers."""

    @property
    def depth(self) -> Mapping[str, int]: ...

    @property
    def oldest_age_s(self) -> Mapping[str, float]: ...

    @property
    def running(self) -> int: ...


class TaskCount(Protocol):
    """How many attempts of a task ended with an outcome, and how long they took together."""

    @property
    def task(self) -> str: ...

    @property
    def outcome(self) -> str: ...

    @property
    def count(self) -> int: ...

    @property
    def seconds(self) -> float: ...


class ScheduleTimes(Protocol):
    """By entry: the end of the last run, and the next slot that is due, in seconds since 1970."""

    @property
    def ended_s(self) -> Mapping[str, float]: ...

    @property
    def next_s(self) -> Mapping[str, float]: ...


@dataclass(frozen=True, slots=True)
class QueueReads:
    """The reads of the queue; None where there is nothing to report. Those of the store may raise pymongo's errors.

    `state` reads the broker and raises nothing. `counts`: attempts by task and outcome. `parked`: the number of parked
    tasks. `schedule`: the times of the entries.
    """

    counts: Callable[[], Iterable[TaskCount] | None] = lambda: None
    parked: Callable[[], int | None] = lambda: None
    schedule: Callable[[], ScheduleTimes | None] = lambda: None
    state: Callable[[], QueueState | None] = lambda: None


def counts(read: Iterable[TaskCount]) -> Iterable[Metric]:
    """Attempts by task and outcome, and their time by task."""
    number = CounterMetricFamily(
        "halocline_tasks", "Attempts at queued tasks, by task and outcome.", labels=["task", "outcome"]
    )
    taken_s: dict[str, float] = {}
    for each in read:
        number.add_metric([each.task, each.outcome], each.count)
        taken_s[each.task] = taken_s.get(each.task, 0.0) + each.seconds
    yield number
    seconds = CounterMetricFamily(
        "halocline_task_duration_seconds", "Time that all attempts at a task took together.", labels=["task"]
    )
    for task, total_s in taken_s.items():
        seconds.add_metric([task], total_s)
    yield seconds


def parked(count: int) -> Iterable[Metric]:
    """The number of parked tasks."""
    yield GaugeMetricFamily("halocline_tasks_parked", "Tasks that wait for the decision of an operator.", value=count)


def state(read: QueueState) -> Iterable[Metric]:
    """What waits in each queue."""
    depth = GaugeMetricFamily("halocline_queue_depth", "Tasks that wait for a worker.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "halocline_queue_oldest_age_seconds",
        "Age of the oldest of them; 0 if none waits.",
        labels=["queue"],
    )
    for queue, count in read.depth.items():
        depth.add_metric([queue], count)
        oldest.add_metric([queue], read.oldest_age_s[queue])
    yield depth
    yield oldest
    yield GaugeMetricFamily(
        "halocline_tasks_running", "Tasks that workers run, or hold for a later attempt.", value=read.running
    )


def schedule(read: ScheduleTimes) -> Iterable[Metric]:
    """When each entry of the schedule ended last, and when it is due next."""
    for name, description, values in (
        (
            "halocline_schedule_ended_timestamp_seconds",
            "When the last run of the entry of the schedule ended, seconds since 1970.",
            read.ended_s,
        ),
        (
            "halocline_schedule_due_timestamp_seconds",
            "When the next run of the entry is due, seconds since 1970; in the past if it is late.",
            read.next_s,
        ),
    ):
        family = GaugeMetricFamily(name, description, labels=["entry"])
        for entry, value in values.items():
            family.add_metric([entry], value)
        yield family
