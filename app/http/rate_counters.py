"""Counters of requests for each client: in Redis for all pods, in this process while Redis is unreachable.

No failure of Redis is raised, and no request waits for a Redis that is known not to answer.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import time
from typing import Protocol

from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as TimedOut
from redis.retry import Retry

from app.circuit_breaker import CircuitBreaker
from app.config import Settings
from app.telemetry import metrics

WINDOW_S = 60
REDIS = "redis"
MEMORY = "memory"
# About 300 bytes each, so 3 MB a worker. A client whose counter is evicted gets a new budget: limits fail open.
MAX_COUNTERS = 10_000
# Redis closed the connection or did not reply in time.
_UNREACHABLE = (NotConnected, TimedOut, OSError)
# It refused the command at once, or the value of this client is no number: others need not wait.
_REFUSED = (RedisError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Decision:
    """`wait_s`: seconds until the client has budget again, 0 for an allowed request. `storage` holds the counter."""

    wait_s: int
    storage: str


class Counters(Protocol):
    """Counts the requests of each client in a sliding window of a minute."""

    def hit(self, policy: str, per_min: int, client: str) -> int:
        """Count a request. 0 if it is allowed, else the seconds until the client has budget again."""


class RedisCounters:
    """Counters that all workers of all pods share. Raises `redis.RedisError`."""

    def __init__(self, settings: Settings) -> None:
        storage = RedisStorage(
            settings.redis_url,
            key_prefix="halocline:rate",
            socket_timeout=settings.redis_timeout_s,
            socket_connect_timeout=settings.redis_timeout_s,
            # Reconnect once if Redis has closed the connection; do not repeat a command that timed out.
            retry=Retry(NoBackoff(), 1, supported_errors=(NotConnected,)),  # type: ignore[arg-type]
            max_connections=settings.web_threads + settings.body_threads + 2,
        )
        # Two counters a client, and no burst at the start of a minute.
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def hit(self, policy: str, per_min: int, client: str) -> int:
        """As `Counters.hit`."""
        limit = RateLimitItemPerMinute(per_min)
        if self._limiter.hit(limit, policy, client):
            return 0
        return _seconds(self._limiter.get_window_stats(limit, policy, client).reset_time - time())


class MemoryCounters:
    """Counters of this process, at most `max_counters` of them. The least recently used one is evicted."""

    def __init__(self, max_counters: int = MAX_COUNTERS, clock: Callable[[], float] = time) -> None:
        self._max_counters = max_counters
        self._clock = clock
        # By policy and client: the start of the minute, the requests in the minute before, and those in it.
        self._counters: OrderedDict[tuple[str, str], tuple[float, int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._counters)

    def hit(self, policy: str, per_min: int, client: str) -> int:
        """As `Counters.hit`. The window slides as in Redis: the minute before counts with the part still in it."""
        now_s = self._clock()
        with self._lock:
            started_s, before, count = self._counters.pop((policy, client), (now_s, 0, 0))
            if minutes := int((now_s - started_s) // WINDOW_S):
                started_s, before, count = started_s + minutes * WINDOW_S, count if minutes == 1 else 0, 0
            left_s = started_s + WINDOW_S - now_s
            is_allowed = int(before * left_s / WINDOW_S) + count < per_min
            self._counters[policy, client] = (started_s, before, count + is_allowed)
            if len(self._counters) > self._max_counters:
                self._counters.popitem(last=False)
        if is_allowed:
            return 0
        # Each request of the minute before leaves the window on its own; those of this minute stay until its end.
        return _seconds(left_s % (WINDOW_S / before) if count < per_min else left_s)


class FailoverCounters:
    """Counts in Redis, or in memory while the circuit breaker of Redis is open."""

    def __init__(self, redis: Counters, memory: Counters, breaker: CircuitBreaker) -> None:
        self._redis = redis
        self._memory = memory
        self._breaker = breaker

    def hit(self, policy: str, per_min: int, client: str) -> Decision:
        """Count a request. Raises nothing if Redis fails."""
        if not self._breaker.is_open:
            try:
                return Decision(self._redis.hit(policy, per_min, client), REDIS)
            except _UNREACHABLE:
                metrics.rate_limit_redis_failures.inc()
                self._breaker.failed()
            except _REFUSED:
                metrics.rate_limit_redis_failures.inc()
        return Decision(self._memory.hit(policy, per_min, client), MEMORY)


def _seconds(wait_s: float) -> int:
    """Whole seconds for `Retry-After`: at least one, at most a window."""
    return min(max(ceil(wait_s), 1), WINDOW_S)
