"""Only entries that a worker of this release wrote are used, and an unreachable Redis is not used for a while."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from redis import ConnectionError as RedisConnectionError

from app.cache.cached_response import Entry
from app.cache.redis_store import RedisStore, _packed
from app.circuit_breaker import OPTIONAL, CircuitBreaker
from app.events import Mark
from tests.unit.cache.doubles import closed_breaker


class Redis:
    """A Redis client that returns one value, or fails."""

    def __init__(self, value: bytes | None = None, is_unreachable: bool = False) -> None:
        self.value = value
        self.is_unreachable = is_unreachable
        self.commands = 0

    def get(self, _key: str) -> bytes | None:
        self.commands += 1
        if self.is_unreachable:
            raise RedisConnectionError("unreachable")
        return self.value


ENTRY = Entry.of("200 OK", [("Content-Type", "text/html")], b"x" * 600, "/", frozenset({"mission"}), Mark(7, "t7"), 9e9)
PACKED = _packed(ENTRY)


def _store(redis: Redis, failures: list[int], breaker: CircuitBreaker | None = None) -> RedisStore:
    client: Any = lambda: redis  # noqa: E731
    return RedisStore(client, breaker or closed_breaker(), "test", lambda: failures.append(1))


def test_a_stored_entry_comes_back() -> None:
    assert _store(Redis(PACKED), []).get("/") == ENTRY


@pytest.mark.parametrize(
    "value",
    [
        b"nonsense",
        b"5\n",
        b"2\n{}",
        PACKED[:-1],
        PACKED.replace(b'"identity"', b'"identitx"'),
        PACKED.replace(b'"mark":[7,', b'"mark":["x",'),
        PACKED.replace(b'"mark":[7,"t7"]', b'"mark":[7]'),
        PACKED.replace(b'"tags":["mission"]', b'"tags":9999999999'),
        b"3\n[1]",
        b"\xff" * 50,
    ],
)
def test_an_invalid_value_counts_as_a_miss_and_a_failure(value: bytes) -> None:
    failures: list[int] = []
    assert _store(Redis(value), failures).get("/") is None
    assert failures == [1]


def test_after_a_failure_redis_is_not_used_until_it_has_answered_a_probe() -> None:
    failures: list[int] = []
    redis, has_recovered = Redis(is_unreachable=True), threading.Event()
    breaker = CircuitBreaker(lambda: has_recovered.wait(60) and breaker.answered(), replace(OPTIONAL, first_probe_s=0))
    store = _store(redis, failures, breaker)
    assert [store.get("/"), store.get("/"), store.lock("/")] == [None, None, ""]
    assert redis.commands == 1
    is_closed = threading.Event()
    breaker.on_change = lambda is_open: None if is_open else is_closed.set()
    redis.is_unreachable, redis.value = False, PACKED
    has_recovered.set()
    assert is_closed.wait(60)
    assert store.get("/") == ENTRY
    assert failures == [1]
