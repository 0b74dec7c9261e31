"""Uncached requests while MongoDB does not answer, and after it continues.

One worker, since each worker counts the failures of its own connections. The time of each round is that of a client
which sends one request after another.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count

from bench import data, portals
from bench.measured import Bench, Measured

# Failures that may take as long as the timeout of MongoDB.
_FIRST_FAILURES = 3
# Requests until then, and pauses between them, as of a visitor every now and then.
_STOPPED_S, _PAUSE_S = 3.0, 0.05
# The portal has recovered at the first of so many successful responses without a failure between.
_SUCCESSES = 10
# No recovery within this time is a failure of the run, not a measurement.
_PATIENCE_S = 60.0
# Longer than any timeout of the portal.
_TIMEOUT_S = 30


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `outage_answer` and `outage_recovery`."""
    stores = bench.stores
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    mongod = data.mongod_pid(stores.mongodb_uri)
    slowest_ms, recoveries_s, failures_ms, requests = [], [], [], []
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with portals.running(*addresses, bench.folder / "outage.log", WEB_WORKERS="1") as port:
        searches = _searches(port)
        for _ in range(max(bench.rounds // 3, 1)):
            _recovered(searches)
            with _stopped(mongod):
                failures_ms.append(max(_failed_ms(searches) for _ in range(_FIRST_FAILURES)))
                times_ms = list(_failures_ms(searches))
            slowest_ms.append(max(times_ms))
            requests.append(len(times_ms))
            recoveries_s.append(_recovered(searches))
    about = {"first_failures_slowest_ms": round(max(failures_ms)), "requests_a_round": min(requests)}
    yield Measured("outage_answer", tuple(slowest_ms), about)
    yield Measured("outage_recovery", tuple(recoveries_s))


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _searches(port: int) -> Callable[[], int]:
    """A function that requests a search which no cache holds, and returns the status."""
    numbers = count(time.time_ns())

    def status() -> int:
        link = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        try:
            link.request("GET", f"/search?q=seed+{next(numbers)}")
            response = link.getresponse()
            response.read()
            return response.status
        finally:
            link.close()

    return status


def _failures_ms(search: Callable[[], int]) -> Iterator[float]:
    until = time.monotonic() + _STOPPED_S
    while time.monotonic() < until:
        yield _failed_ms(search)
        time.sleep(_PAUSE_S)


def _failed_ms(search: Callable[[], int]) -> float:
    """The time of a request, ms. Raises RuntimeError unless its status is 503."""
    began = time.perf_counter()
    status = search()
    if status != 503:
        raise RuntimeError(f"a search without MongoDB returned {status}")
    return 1000 * (time.perf_counter() - began)


def _recovered(search: Callable[[], int]) -> float:
    """The time until requests succeed, s. Raises TimeoutError."""
    began = first = time.monotonic()
    successes = 0
    while successes < _SUCCESSES:
        sent = time.monotonic()
        is_success = search() == 200
        if is_success and successes == 0:
            first = time.monotonic()
        successes = successes + 1 if is_success else 0
        if sent - began > _PATIENCE_S:
            raise TimeoutError(f"searches do not succeed {_PATIENCE_S:.0f} s after MongoDB continued")
        time.sleep(_PAUSE_S)
    return first - began
