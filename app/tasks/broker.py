"""The state of the queue in Redis: what waits, what has started, and locks. Without Celery, for every process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.config import Settings

# All keys begin with it, so that the broker's user needs no right on other keys.
PREFIX = "halocline:tasks:"
# Each is served in turn, so that rebuilds and pulls do not wait behind a thousand imports.
IMPORTS, DERIVED, MAINTENANCE = QUEUES = ("imports", "derived", "maintenance")
# The header of a message with the time of its queuing, in seconds since 1970.
QUEUED_AT = "queued_at"
# Longer than any healthy answer, shorter than the scrape of the metrics process.
_TIMEOUT_S = 2.0
# Lifetime of the count of starts: a week after the last start of a task, its count begins again at 0.
_STARTS_KEPT_S = 7 * 86_400
# A queued rebuild that was lost with its worker is replaced after this time by that of the next import.
_REBUILD_KEPT_S = 300
# Deletes a lock if it is still that of this holder: one that has expired may be another worker's by now.
_RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(frozen=True, slots=True)
class QueueState:
    """Of each queue: the number of waiting tasks, and the age of the oldest, s (0 if none waits)."""

    depth: dict[str, int]
    oldest_age_s: dict[str, float]
    running: int


class Broker:
    """The broker beside Celery. Its methods raise redis.RedisError."""

    def __init__(self, settings: Settings) -> None:
        if settings.redis_broker_url is None:
            raise ValueError("REDIS_BROKER_URL is not set")
        self._client = Redis.from_url(
            settings.redis_broker_url,
            socket_timeout=_TIMEOUT_S,
            socket_connect_timeout=_TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),
            # A worker's children and its parent use one connection each.
            max_connections=2,
        )
        # A download is that of the description of a dataset, and that of its data.
        self._host_s = 2 * int(settings.fetch_timeout_s) + 60

    def state(self) -> QueueState:
        """What waits in each queue, and how many tasks have been handed to workers."""
        pipe: Any = self._client.pipeline(transaction=False)
        for queue in QUEUES:
            pipe.llen(PREFIX + queue)
            pipe.lindex(PREFIX + queue, -1)  # Messages enter on the left.
        *answers, running = pipe.hlen(PREFIX + "unacked").execute()
        now_s = time.time()
        depth = {queue: int(answers[2 * number]) for number, queue in enumerate(QUEUES)}
        oldest = {queue: _age_s(answers[2 * number + 1], now_s) for number, queue in enumerate(QUEUES)}
        return QueueState(depth, oldest, int(running))

    def known(self) -> set[str]:
        """The ids of all tasks that wait in the queue `imports`, or that workers hold."""
        waiting: list[Any] = self._client.lrange(PREFIX + IMPORTS, 0, -1)
        headers = [orjson.loads(each)["headers"] for each in waiting] + self.held()
        return {str(each["id"]) for each in headers}

    def begin(self, task_id: str) -> int:
        """Count a start of the task; the number of its starts since its last orderly end."""
        name = f"{PREFIX}starts:{task_id}"
        pipe: Any = self._client.pipeline()
        count, _ = pipe.incr(name).expire(name, _STARTS_KEPT_S).execute()
        return int(count)

    def end(self, task_id: str) -> None:
        """Delete the count of starts of a task whose process was not lost, after success or failure."""
        self._client.delete(f"{PREFIX}starts:{task_id}")

    def may_queue_rebuild(self) -> bool:
        """Mark a rebuild as queued. False if the mark is set already."""
        return bool(self._client.set(f"{PREFIX}rebuild", 1, nx=True, ex=_REBUILD_KEPT_S))

    def rebuild_begins(self) -> None:
        """Delete the mark of the queued rebuild: the next change queues another one."""
        self._client.delete(f"{PREFIX}rebuild")

    @contextmanager
    def host(self, name: str) -> Iterator[bool]:
        """True if no other worker downloads from the host; none does for the duration of the block.

        The lock of a lost worker expires after the deadlines of a download.
        """
        key, token = f"{PREFIX}host:{name}", uuid4().hex
        is_free = bool(self._client.set(key, token, nx=True, ex=self._host_s))
        try:
            yield is_free
        finally:
            if is_free:
                # The download has ended: a broker that fails now only delays the next one.
                with suppress(RedisError):
                    self._client.eval(_RELEASE, 1, key, token)

    def messages(self, queue: str, most: int) -> tuple[int, list[dict[str, Any]]]:
        """The number of tasks that wait in a queue, and the headers of the oldest ones, the oldest last."""
        pipe: Any = self._client.pipeline(transaction=False)
        depth, waiting = pipe.llen(PREFIX + queue).lrange(PREFIX + queue, -most, -1).execute()
        return int(depth), [orjson.loads(each)["headers"] for each in waiting]

    def held(self) -> list[dict[str, Any]]:
        """The headers of the tasks that workers run, or hold for a later attempt."""
        held: list[Any] = self._client.hvals(PREFIX + "unacked")
        # A held message is the first of three fields: the others are its exchange and its routing key.
        return [orjson.loads(each)[0]["headers"] for each in held]

    def may_publish(self, every_s: float) -> bool:
        """True for one worker in this time: it publishes the state of the queue for all."""
        return bool(self._client.set(f"{PREFIX}published", 1, nx=True, px=int(every_s * 1000)))

    def may_recover(self, every_s: float) -> bool:
        """True for one worker in this time: it queues `recover` for all."""
        return bool(self._client.set(f"{PREFIX}recovery", 1, nx=True, px=int(every_s * 1000)))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def state_or_none(broker: Broker) -> QueueState | None:
    """The state of the queue; None if the broker is unreachable, so that its metrics are absent."""
    try:
        return broker.state()
    except RedisError:
        return None


def _age_s(message: Any, now_s: float) -> float:
    """The age of a queued message; 0 without one, or for one of an unknown time."""
    if message is None:
        return 0.0
    try:
        queued_at_s = float(orjson.loads(message)["headers"][QUEUED_AT])
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
        return 0.0
    return max(now_s - queued_at_s, 0.0)
