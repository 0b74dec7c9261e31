"""What Redis gives back is believed only when it is what a worker wrote, and a Redis that is away is left alone."""

from typing import Any

import pytest
from redis import ConnectionError as Away

from app.cache.entry import entry
from app.cache.shared import Shared, _packed
from app.events import Mark


class Redis:
    """A Redis that holds one value, or none and fails."""

    def __init__(self, value: bytes | None = None, away: bool = False) -> None:
        self.value = value
        self.away = away
        self.asked = 0

    def get(self, _key: str) -> bytes | None:
        self.asked += 1
        if self.away:
            raise Away("away")
        return self.value


ENTRY = entry("200 OK", [("Content-Type", "text/html")], b"x" * 600, "/", frozenset({"mission"}), Mark(7, "w7"), 9e9)
PACKED = _packed(ENTRY)


def _shared(redis: Redis, now_s: list[float], failures: list[int]) -> Shared:
    client: Any = lambda: redis  # noqa: E731
    return Shared(client, "test", lambda: failures.append(1), lambda: now_s[0])


def test_what_was_shared_comes_back() -> None:
    assert _shared(Redis(PACKED), [0.0], []).find("/") == ENTRY


@pytest.mark.parametrize(
    "garbage",
    [
        b"nonsense",
        b"5\n",
        b"2\n{}",
        PACKED[:-1],
        PACKED.replace(b'"identity"', b'"identitx"'),
        PACKED.replace(b'"mark":[7,', b'"mark":["x",'),
        PACKED.replace(b'"mark":[7,"w7"]', b'"mark":[7]'),
        PACKED.replace(b'"tags":["mission"]', b'"tags":9999999999'),
        b"3\n[1]",
        b"\xff" * 50,
    ],
)
def test_garbage_counts_as_nothing(garbage: bytes) -> None:
    failures: list[int] = []
    assert _shared(Redis(garbage), [0.0], failures).find("/") is None
    assert failures == [1]


def test_after_a_failure_nobody_asks_for_five_seconds() -> None:
    redis, now_s, failures = Redis(away=True), [0.0], list[int]()
    shared = _shared(redis, now_s, failures)
    assert [shared.find("/"), shared.find("/"), shared.lock("/")] == [None, None, ""]
    assert redis.asked == 1
    now_s[0] = 5.0
    redis.away, redis.value = False, PACKED
    assert shared.find("/") == ENTRY
    assert failures == [1]
