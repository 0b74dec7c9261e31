"""The state of the queue for the status page: one of the workers counts it every few seconds and publishes it."""

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pymongo
import structlog
from celery import Celery, bootsteps
from pymongo.errors import PyMongoError
from redis import RedisError

from app import errors, events, extensions
from app.config import Settings
from app.domain.task_queue import QueuedTasks, QueueState
from app.errors import HaloclineError
from app.store import queue_state
from app.tasks import broker, queue
from app.tasks.broker import Broker

# Each count reads a few kilobytes from the broker. Visitors look again after some seconds, not earlier.
EVERY_S = 5.0
# Open pages refresh at most so often because of the queue: imports change them anyway.
CHANGES_EVERY_S = 10.0
# The worker's event loop waits for MongoDB so long at most.
_TIMEOUT_S = 2.0
# After a failure: MongoDB or the broker is unreachable, and renewals must not be delayed.
_PAUSE_S = 30.0
# Of each queue; the rest counts as the most frequent kind among them.
_MOST_READ = 1_000

log = structlog.get_logger(__name__)


def install(app: Celery, settings: Settings) -> None:
    """Publish the state of the queue from the event loop of this worker."""
    publisher = _Publisher(settings)
    app.steps["worker"].add(type("Publication", (_Timer,), {"publisher": publisher}))


def announce() -> None:
    """Let open status pages refresh, because a task is parked or the result of an entry changed. Raises nothing."""
    try:
        events.announce(queue_state.append_change())
    except (PyMongoError, HaloclineError) as error:
        log.warning("queue_change_not_announced", error=errors.name_of(error))


class _Timer(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types.
    requires = ("celery.worker.components:Timer",)
    publisher: "_Publisher"

    def start(self, worker: Any) -> None:
        """Called by Celery when the worker starts."""
        worker.timer.call_repeatedly(EVERY_S, self.publisher.publish)


class _Publisher:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker = Broker(settings)
        self._paused_until_s = self._announced_s = float("-inf")
        self._has_news = False

    def publish(self) -> None:
        """Count and store the state, unless another worker has done it just now."""
        now_s = time.monotonic()
        if now_s < self._paused_until_s:
            return
        try:
            # A timer of another worker may be a little later.
            if self._broker.may_publish(EVERY_S * 0.9):
                self._publish(now_s)
        except (RedisError, PyMongoError, HaloclineError) as error:
            self._paused_until_s = now_s + _PAUSE_S
            log.warning("queue_not_published", error=errors.name_of(error))

    def _publish(self, now_s: float) -> None:
        state = counted(self._broker)
        # Children bind the connections of their own processes.
        extensions.mongo.bind(self._settings)
        extensions.redis.bind(self._settings)
        with pymongo.timeout(_TIMEOUT_S):
            # Of this worker or of another one.
            before = queue_state.published()
            queue_state.publish(state)
            self._has_news = self._has_news or before is None or _shown(before) != _shown(state)
            if self._has_news and now_s - self._announced_s >= CHANGES_EVERY_S:
                events.announce(queue_state.append_change())
                self._has_news, self._announced_s = False, now_s


def counted(state: Broker) -> QueueState:
    """The tasks that wait and run now, by kind. Raises redis.RedisError."""
    now = datetime.now(UTC)
    waiting: Counter[str] = Counter()
    oldest_s: dict[str, float] = {}
    for name in broker.QUEUES:
        depth, headers = state.messages(name, _MOST_READ)
        kinds = Counter(map(_kind, headers))
        if kinds:
            kinds[kinds.most_common(1)[0][0]] += depth - len(headers)
        waiting += kinds
        _note_oldest(oldest_s, headers)
    held = state.held()
    # Workers hold those that wait for a later attempt, too.
    later = [each for each in held if (due := each.get("eta")) and datetime.fromisoformat(due) > now]
    waiting += Counter(map(_kind, later))
    _note_oldest(oldest_s, later)
    running = Counter(map(_kind, held)) - Counter(map(_kind, later))
    tasks = (
        QueuedTasks(kind, waiting[kind], running[kind], _moment(oldest_s.get(kind)))
        for kind in sorted({*waiting, *running})
    )
    return QueueState(now, tuple(tasks))


def _kind(header: dict[str, Any]) -> str:
    return str(header["task"]).removeprefix(f"{queue.NAME}.")


def _note_oldest(oldest_s: dict[str, float], headers: Iterable[dict[str, Any]]) -> None:
    for each in headers:
        at_s = each.get(broker.QUEUED_AT)
        if isinstance(at_s, int | float):
            kind = _kind(each)
            oldest_s[kind] = min(float(at_s), oldest_s.get(kind, float(at_s)))


def _moment(at_s: float | None) -> datetime | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC)


def _shown(state: QueueState) -> object:
    """What matters to an open page: which kinds wait and run, not how many."""
    return [(each.task, each.waiting > 0, each.running > 0) for each in state.tasks]
