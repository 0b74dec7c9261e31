"""Measures the use of MongoDB and Redis: the duration of each command, and the connections of the pools.

The drivers call the listeners; `app.extensions` passes these to them.
"""

import threading
from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any, TypeVar

import redis
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ConnectionCheckedInEvent,
    ConnectionCheckedOutEvent,
    ConnectionCheckOutFailedEvent,
    ConnectionCheckOutFailedReason,
    ConnectionCheckOutStartedEvent,
    ConnectionClosedEvent,
    ConnectionCreatedEvent,
    ConnectionPoolListener,
    ConnectionReadyEvent,
    PoolClearedEvent,
    PoolClosedEvent,
    PoolCreatedEvent,
    PoolReadyEvent,
)

from app.telemetry import metrics

Result = TypeVar("Result")

# What pymongo and MongoDB report for an operation that exceeded its time.
_TIMEOUT_TYPES = frozenset(
    {"NetworkTimeout", "ServerSelectionTimeoutError", "ExecutionTimeout", "WaitQueueTimeoutError"}
)
_TIMEOUT_CODES = frozenset({"MaxTimeMSExpired", "ExceededTimeLimit"})
_REDIS_OPERATIONS = {"GET": "get", "SET": "set"}

# Looking up a child by its labels costs as much as counting. `metrics.OPERATIONS` bounds the number of children.
_durations = cache(metrics.dependency_request_duration.labels)


def observe(dependency: str, operation: str, outcome: str, duration_s: float) -> None:
    """Record a request to a dependency; operations outside `metrics.OPERATIONS` count as `other`."""
    known = operation if operation in metrics.OPERATIONS[dependency] else "other"
    _durations(dependency, known, outcome).observe(duration_s)


def timed_redis(operation: str, call: Callable[[], Result]) -> Result:
    """The result of `call`, which uses Redis; its duration and outcome are recorded. Raises what it raises."""
    started_s, outcome = perf_counter(), "error"
    try:
        result = call()
        outcome = "ok"
        return result
    except redis.TimeoutError:
        outcome = "timeout"
        raise
    finally:
        observe("redis", operation, outcome, perf_counter() - started_s)


class TimedRedis(redis.Redis):
    """A client that records the duration of each command. Subscriptions are not commands."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """As in the base class."""
        operation = _REDIS_OPERATIONS.get(args[0], "other")
        command = super().execute_command
        return timed_redis(operation, lambda: command(*args, **options))  # type: ignore[no-untyped-call]


class CommandDurations(CommandListener):
    """Records the duration of each command of MongoDB. Heartbeats are no commands."""

    def started(self, event: CommandStartedEvent) -> None:
        """Called by pymongo; the other events have the duration."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Called by pymongo after each command."""
        observe("mongodb", event.command_name, "ok", event.duration_micros / 1e6)

    def failed(self, event: CommandFailedEvent) -> None:
        """Called by pymongo, also before it retries the command."""
        failure = event.failure
        is_timeout = failure.get("errtype") in _TIMEOUT_TYPES or failure.get("codeName") in _TIMEOUT_CODES
        observe("mongodb", event.command_name, "timeout" if is_timeout else "error", event.duration_micros / 1e6)


class PoolConnections(ConnectionPoolListener):
    """Counts the connections to MongoDB of this process, to all its servers. `publish` sets the gauges."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = self._in_use = 0

    def publish(self) -> None:
        """Set the gauges: not at each event, because a command uses the pool twice."""
        metrics.mongodb_pool_connections.labels("in_use").set(self._in_use)
        metrics.mongodb_pool_connections.labels("idle").set(max(self._open - self._in_use, 0))

    def connection_created(self, event: ConnectionCreatedEvent) -> None:  # noqa: ARG002
        """Called by pymongo."""
        self._add(opened=1)

    def connection_closed(self, event: ConnectionClosedEvent) -> None:  # noqa: ARG002
        """Called by pymongo."""
        self._add(opened=-1)

    def connection_checked_out(self, event: ConnectionCheckedOutEvent) -> None:
        """Called by pymongo before each command."""
        self._add(in_use=1)
        metrics.mongodb_pool_wait.observe(event.duration or 0)

    def connection_checked_in(self, event: ConnectionCheckedInEvent) -> None:  # noqa: ARG002
        """Called by pymongo after each command."""
        self._add(in_use=-1)

    def connection_check_out_failed(self, event: ConnectionCheckOutFailedEvent) -> None:
        """Called by pymongo if a command gets no connection."""
        is_timeout = event.reason == ConnectionCheckOutFailedReason.TIMEOUT
        metrics.mongodb_pool_checkout_failures.labels("timeout" if is_timeout else "connection").inc()

    def connection_check_out_started(self, event: ConnectionCheckOutStartedEvent) -> None:
        """Called by pymongo; the next event has the duration."""

    def connection_ready(self, event: ConnectionReadyEvent) -> None:
        """Called by pymongo; the connection is counted since it was created."""

    def pool_created(self, event: PoolCreatedEvent) -> None:
        """Called by pymongo."""

    def pool_ready(self, event: PoolReadyEvent) -> None:
        """Called by pymongo."""

    def pool_cleared(self, event: PoolClearedEvent) -> None:
        """Called by pymongo; an event of each connection follows."""

    def pool_closed(self, event: PoolClosedEvent) -> None:
        """Called by pymongo; an event of each connection came before."""

    def _add(self, *, opened: int = 0, in_use: int = 0) -> None:
        with self._lock:
            self._open += opened
            self._in_use += in_use


pool = PoolConnections()
# For the client of MongoDB.
LISTENERS = (CommandDurations(), pool)


def publish_pools(client: redis.Redis | None) -> None:
    """Set the gauges of both pools; `client` is that of Redis, if it is open."""
    pool.publish()
    if client is not None:
        # The library returns the free connections first.
        for state, (count, _) in zip(("idle", "in_use"), client.connection_pool.get_connection_count(), strict=True):
            metrics.redis_pool_connections.labels(state).set(count)
