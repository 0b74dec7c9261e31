"""The clients of MongoDB and Redis, which the threads of a worker share."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app import config
from app.extensions import Redis


@pytest.fixture
def many_switches() -> Iterator[None]:
    """Threads switch as often as possible, so that a race shows in every run."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_s)


def test_threads_that_use_redis_first_at_once_share_one_client(many_switches: None) -> None:
    redis = Redis()
    redis.bind(config.load(HALOCLINE_ENVIRONMENT="test"))
    together = threading.Barrier(16)

    def client(_: int) -> int:
        together.wait()
        return id(redis.client)

    with ThreadPoolExecutor(16) as pool:
        clients = set(pool.map(client, range(16)))
    redis.close()

    assert len(clients) == 1
