"""The state of the queue and its schedule for the public, without addresses, paths and the words of servers."""

from datetime import datetime, timedelta

from app.domain.task_queue import Overview, PublicParkedTask, ScheduledEntry
from app.queries.imports import public_text
from app.store import parked_tasks, queue_state, schedule_runs

# Workers publish every five seconds (`app/tasks/publication.py`), and pause for half a minute after a failure.
STALE_AFTER = timedelta(seconds=60)
_MOST_PARKED = 20
_MOST_ENTRIES = 50


def overview(now: datetime) -> Overview | None:
    """The queue as workers have published it, with parked tasks and the schedule; None for a portal without a queue."""
    state = queue_state.published()
    slots = dict(sorted(schedule_runs.next_slots().items())[:_MOST_ENTRIES])
    ends = schedule_runs.last_ends(list(slots)) if slots else {}
    parked = tuple(_public(each) for each in parked_tasks.newest(_MOST_PARKED))
    if state is None and not slots and not parked:
        return None
    is_stale = state is None or now - state.at > STALE_AFTER
    schedule = (ScheduledEntry(entry, at, *ends.get(entry, (None, None))) for entry, at in slots.items())
    return Overview(state, is_stale, parked, tuple(schedule))


def _public(task: parked_tasks.ParkedTask) -> PublicParkedTask:
    subject = public_text(task.subject) if task.subject else None
    return PublicParkedTask(task.task, subject, task.at, public_text(task.public_cause))
