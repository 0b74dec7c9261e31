"""Counters in memory: their window and their bound; and the switch between Redis and memory."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from redis import ConnectionError as NotConnected
from redis import ResponseError
from redis import TimeoutError as TimedOut

from app.circuit_breaker import OPTIONAL, CircuitBreaker
from app.http.rate_counters import MEMORY, REDIS, FailoverCounters, MemoryCounters


class Clock:
    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class FaultyCounters:
    """Counters that raise `error`, if it is set, and record their calls."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls: list[tuple[str, int, str]] = []

    def hit(self, policy: str, per_min: int, client: str) -> int:
        self.calls.append((policy, per_min, client))
        if self.error is not None:
            raise self.error
        return 0


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hits(counters: MemoryCounters, count: int, per_min: int = 3, client: str = "a") -> list[int]:
    return [counters.hit("api", per_min, client) for _ in range(count)]


def test_a_client_may_send_its_budget_in_a_minute(clock: Clock) -> None:
    counters = MemoryCounters(clock=clock)
    at_first = hits(counters, 1)
    clock.now_s = 15

    assert at_first + hits(counters, 3) == [0, 0, 0, 45]
    assert hits(counters, 1, client="b") == [0]
    assert counters.hit("search", 1, "a") == 0


def test_the_window_slides_so_that_a_new_minute_does_not_begin_with_a_burst(clock: Clock) -> None:
    counters = MemoryCounters(clock=clock)
    hits(counters, 3)

    clock.now_s = 60
    at_the_next_minute = hits(counters, 1)
    clock.now_s = 60 + 20.5
    a_third_later = hits(counters, 3)
    clock.now_s = 180
    after_two_minutes = hits(counters, 4)

    assert at_the_next_minute == [1]
    assert a_third_later == [0, 0, 20]
    assert after_two_minutes == [0, 0, 0, 60]


def test_the_number_of_counters_is_bounded_and_the_oldest_ones_are_evicted(clock: Clock) -> None:
    counters = MemoryCounters(max_counters=10, clock=clock)
    counters.hit("api", 1, "first")
    _ = [counters.hit("api", 1, str(number)) for number in range(9)]

    kept = counters.hit("api", 1, "first")
    _ = [counters.hit("api", 1, str(number)) for number in range(1_000)]
    evicted = counters.hit("api", 1, "first")

    assert (kept, evicted, len(counters)) == (60, 0, 10)


def failover(redis: FaultyCounters) -> tuple[CircuitBreaker, Callable[[], str]]:
    breaker = CircuitBreaker(lambda: None, replace(OPTIONAL, first_probe_s=60))
    counters = FailoverCounters(redis, MemoryCounters(), breaker)
    return breaker, lambda: counters.hit("api", 1_000, "a").storage


@pytest.mark.parametrize("error", [NotConnected(), TimedOut(), TimeoutError(), ConnectionRefusedError()])
def test_after_a_failure_redis_is_not_tried_until_its_circuit_breaker_is_closed(error: Exception) -> None:
    redis = FaultyCounters()
    breaker, storage_of_hit = failover(redis)

    redis.error = error
    during_the_outage = [storage_of_hit() for _ in range(5)]
    redis.error = None
    before_the_probe = storage_of_hit()
    breaker.answered()

    assert [*during_the_outage, before_the_probe] == [MEMORY] * 6
    assert len(redis.calls) == 1
    assert [storage_of_hit(), storage_of_hit()] == [REDIS, REDIS]


@pytest.mark.parametrize("error", [ValueError("no number"), ResponseError("WRONGTYPE")])
def test_an_error_that_comes_at_once_affects_only_its_client(error: Exception) -> None:
    redis = FaultyCounters()
    breaker, storage_of_hit = failover(redis)

    redis.error = error

    assert (storage_of_hit(), breaker.is_open) == (MEMORY, False)
