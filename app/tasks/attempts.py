"""One attempt at a task: it is claimed, run, and then counted, postponed or parked. Each kind of task passes here."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from celery import Celery, Task
from celery.exceptions import Reject, SoftTimeLimitExceeded
from redis import RedisError

from app import errors
from app.config import Settings
from app.domain.printable import one_line, without_quotations
from app.store import connection, parked_tasks, schedule_runs, task_counts
from app.tasks import lease, publication, queue, upload_results
from app.tasks.broker import Broker

# Attempts at a task that fails by itself: with the pauses below, five minutes.
MOST_ATTEMPTS = 6
# Starts of a task without an end: its process ran out of memory or time, or its pod was lost. A file that makes a
# library crash does so each time; three lost pods in a row are rare.
MOST_STARTS = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 10.0, 600.0
# While MongoDB is unreachable, attempts do not count.
OUTAGE_PAUSE_S = 30.0
# An election takes seconds; the writes of an attempt are small.
STORE_TIMEOUT_MS = 60_000
# Commands show the cause in one line.
_MOST_CAUSE = 300
# The argument of a message that is for this module.
META = "meta"

log = structlog.get_logger(__name__)


class Busy(errors.HaloclineError):
    """Another task uses what this one needs. It is tried again in some seconds, which does not count as an attempt."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a task gets beside its arguments. `is_last`: no attempt follows this one if it fails."""

    app: Celery
    settings: Settings
    broker: Broker
    is_last: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task: `work` does it and returns its outcome; after `limit_s` an attempt is ended."""

    name: str
    queue: str
    limit_s: int
    work: Callable[..., str]


@dataclass(frozen=True, slots=True)
class Slot:
    """The slot of a scheduled task, and the one after it."""

    entry: str
    at: datetime
    next_at: datetime

    def packed(self) -> dict[str, str]:
        """The slot for a message."""
        return {"entry": self.entry, "at": self.at.isoformat(), "next_at": self.next_at.isoformat()}

    @classmethod
    def unpacked(cls, message: dict[str, str]) -> "Slot":
        """The slot of a message."""
        return cls(message["entry"], *(datetime.fromisoformat(message[name]) for name in ("at", "next_at")))


def run(task: Task, kind: Kind, settings: Settings, arguments: dict[str, Any]) -> str:
    """The outcome of this attempt. Raises celery's Reject, which hands the message back, if the broker fails."""
    meta = arguments.pop(META, None) or {}
    broker = Broker(settings)
    attempt = _Attempt(task, kind, settings, arguments, meta)
    try:
        starts = broker.begin(attempt.id)
        outcome = attempt.outcome(broker) if starts <= MOST_STARTS else attempt.outcome_of_poison()
        broker.end(attempt.id)
    except (RedisError, errors.Unavailable) as error:
        log.warning("task_handed_back", task=kind.name, task_id=attempt.id, error=errors.name_of(error))
        raise Reject(errors.name_of(error), requeue=True) from error
    finally:
        broker.close()
    log.info("task_ended", task=kind.name, task_id=attempt.id, outcome=outcome, duration_s=round(attempt.seconds, 3))
    return outcome


class _Attempt:
    def __init__(
        self, task: Task, kind: Kind, settings: Settings, arguments: dict[str, Any], meta: dict[str, Any]
    ) -> None:
        self._app, self._kind, self._settings, self._arguments = task.app, kind, settings, arguments
        self.id = str(task.request.id)
        self._failures = int(meta.get("failures", 0))
        self._slot = Slot.unpacked(meta["slot"]) if "slot" in meta else None
        # Of its slot, only this task may claim it again.
        redelivered = bool((task.request.delivery_info or {}).get("redelivered"))
        self._is_repeated = redelivered or bool(meta.get("is_repeated"))
        self._began_s = time.monotonic()

    @property
    def seconds(self) -> float:
        """The duration of the attempt until now."""
        return time.monotonic() - self._began_s

    def outcome(self, broker: Broker) -> str:
        """Run the task unless its slot has been run. Raises Unavailable if the next attempt cannot be queued."""
        call = Call(self._app, self._settings, broker, is_last=self._failures + 1 >= MOST_ATTEMPTS)
        try:
            if self._slot is not None:
                return self._outcome_of_slot(call, self._slot)
            outcome = self._kind.work(call, **self._arguments)
            self._note(outcome)
        except Busy:
            return self._postponed(FIRST_PAUSE_S, self._failures)
        except errors.Unavailable as error:
            log.warning("task_waits", task=self._kind.name, task_id=self.id, error=str(error))
            return self._postponed(OUTAGE_PAUSE_S, self._failures)
        except SoftTimeLimitExceeded:
            # The next attempt would take as long.
            cause = f"it took longer than {self._kind.limit_s / 3600:g} h"
            return self._parked(cause, cause)
        except Exception as error:  # noqa: BLE001  A defect must not lose the task.
            return self._failed(error)
        return outcome

    def outcome_of_poison(self) -> str:
        """Park a task whose worker was lost each time."""
        cause = f"its process was lost {MOST_STARTS} times, by its memory, its time limit or its node"
        return self._parked(cause, cause)

    def _outcome_of_slot(self, call: Call, slot: Slot) -> str:
        with connection.bound(self._settings, STORE_TIMEOUT_MS, ping=True):
            if not schedule_runs.claim(slot.entry, slot.at, slot.next_at, self._is_repeated):
                return "duplicate"
        with lease.held(self._settings, slot.entry) as is_held:
            if not is_held:
                raise Busy(f"another worker runs {slot.entry}")
            with connection.bound(self._settings, STORE_TIMEOUT_MS):
                if not schedule_runs.claim(slot.entry, slot.at, slot.next_at, is_repeated=True):
                    # The holder of the lease ended this slot in the meantime.
                    return "duplicate"
                schedule_runs.begin(slot.entry, slot.at)
            outcome = self._kind.work(call, **self._arguments)
            self._note(outcome)
        return outcome

    def _note(self, outcome: str, is_end: bool = True) -> None:
        with connection.bound(self._settings, STORE_TIMEOUT_MS):
            task_counts.note(self._kind.name, outcome, self.seconds)
            if self._slot is not None and is_end:
                _, before = schedule_runs.last_ends([self._slot.entry]).get(self._slot.entry, (None, None))
                schedule_runs.end(self._slot.entry, self._slot.at, outcome)
                if outcome != "parked":
                    # A later slot has done what an earlier one could not.
                    parked_tasks.remove(self._slot.entry)
                if outcome != before:
                    publication.announce()

    def _failed(self, error: Exception) -> str:
        log.exception("task_failed", task=self._kind.name, task_id=self.id, attempt=self._failures + 1)
        cause = one_line(f"{errors.name_of(error)}: {error}")[:_MOST_CAUSE]
        # Wrong settings, an empty database, a damaged backup: the next attempt would fail in the same way.
        is_final = isinstance(error, errors.HaloclineError) and not isinstance(error, errors.RunFailed)
        if is_final or self._failures + 1 >= MOST_ATTEMPTS:
            return self._parked(cause, _public_cause(error))
        self._note("failed", is_end=False)
        return self._postponed(min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S), self._failures + 1)

    def _parked(self, cause: str, public_cause: str) -> str:
        # Of the slots of an entry, only the latest one is of use.
        parked_id = self.id if self._slot is None else self._slot.entry
        try:
            with connection.bound(self._settings, STORE_TIMEOUT_MS, ping=True):
                parked_tasks.park(parked_id, self._kind.name, self._arguments, cause, public_cause)
                upload_results.park(self._arguments, public_cause)
                publication.announce()
            self._note("parked")
        except errors.Unavailable:
            return self._postponed(OUTAGE_PAUSE_S, self._failures)
        log.error("task_parked", task=self._kind.name, task_id=self.id, cause=cause)
        return "parked"

    def _postponed(self, pause_s: float, failures: int) -> str:
        """Queue the next attempt under the same id."""
        meta: dict[str, Any] = {"failures": failures, "is_repeated": True}
        if self._slot is not None:
            meta["slot"] = self._slot.packed()
        # Jitter, so that tasks that an outage stopped at once do not return at once.
        delay_s = pause_s * random.uniform(0.5, 1.5)  # noqa: S311
        arguments = {**self._arguments, META: meta}
        queue.send(self._app, self._kind.name, self._kind.queue, arguments, self.id, delay_s)
        return "postponed"


def _public_cause(error: Exception) -> str:
    """The cause of a failure for the public: without the words of servers, and without those of a library."""
    if not isinstance(error, errors.HaloclineError):
        return f"an unexpected error ({type(error).__name__})"
    return without_quotations(one_line(str(error)))[:_MOST_CAUSE]
