"""Overload is refused quickly, and probes get through."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.wrappers import Response

from app.http.concurrency import Capacity, ConcurrencyLimit, ThreadReserve
from app.telemetry import metrics


class Work:
    """A WSGI application that holds requests for /work until the test releases them."""

    def __init__(self):
        self.entered, self.release = threading.Semaphore(0), threading.Event()

    def __call__(self, environ, start_response):
        self.entered.release()
        if environ["PATH_INFO"] == "/work":
            assert self.release.wait(20)
        return Response("done")(environ, start_response)


@pytest.fixture
def work():
    work = Work()
    yield work
    work.release.set()


@pytest.fixture
def pool(work):
    with ThreadPoolExecutor(4) as pool:
        yield pool
        work.release.set()


def shed():
    return metrics.registry.get_sample_value("halocline_requests_shed_total", {"reason": "concurrency"})


def test_a_full_worker_refuses_with_a_problem_and_counts_it(work, pool, call):
    limited = ConcurrencyLimit(work, Capacity(1, 0))
    inside = pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)
    before = shed()

    status, headers, body = call(limited, "/missions")

    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "2")
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["instance"] == "/missions"
    assert shed() == before + 1
    work.release.set()
    assert inside.result(20)[0] == "200 OK"


@pytest.mark.parametrize("probe", ["/livez", "/readyz", "/startupz"])
def test_a_full_worker_answers_probes(probe, work, pool, call):
    limited = ConcurrencyLimit(work, Capacity(1, 0))
    pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)

    assert call(limited, probe)[0] == "200 OK"


def test_a_waiting_request_runs_when_another_one_ends(work, pool, call):
    limited = ConcurrencyLimit(work, Capacity(1, 1, 20))
    inside = pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)
    waiting = pool.submit(call, limited, "/missions")
    work.release.set()

    assert [inside.result(20)[0], waiting.result(20)[0]] == ["200 OK", "200 OK"]


def test_a_request_waits_for_the_timeout_only(work, pool, call):
    limited = ConcurrencyLimit(work, Capacity(1, 1, 0.01))
    pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)

    assert call(limited, "/missions")[0] == "503 Service Unavailable"


def test_capacity_is_held_until_the_body_is_closed(work, call):
    limited = ConcurrencyLimit(Response(iter([b"slow", b"stream"])), Capacity(1, 0))
    open_body: Any = limited({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None)
    during = call(limited)[0]
    open_body.close()

    assert [during, call(limited)[0]] == ["503 Service Unavailable", "200 OK"]


def test_an_exception_returns_its_capacity(call):
    def broken(environ, start_response):
        raise LookupError

    limited = ConcurrencyLimit(broken, Capacity(1, 0))
    with pytest.raises(LookupError):
        call(limited)
    with pytest.raises(LookupError):
        call(limited)


def test_without_free_threads_probes_still_pass(work, pool, call):
    reserve = ThreadReserve(work, threads=1, is_exhausted=lambda: True)
    pool.submit(call, reserve, "/work")
    work.entered.acquire(timeout=20)

    assert [call(reserve, probe)[0] for probe in ("/livez", "/readyz", "/startupz")] == ["200 OK"] * 3


def test_with_exhausted_capacity_no_request_waits_for_a_thread(work, pool, call):
    reserve = ThreadReserve(work, threads=1, is_exhausted=lambda: True, timeout_s=20)
    inside = pool.submit(call, reserve, "/work")
    work.entered.acquire(timeout=20)
    before = shed()

    assert call(reserve, "/missions")[0] == "503 Service Unavailable"

    assert shed() == before + 1
    work.release.set()
    assert inside.result(20)[0] == "200 OK"


def test_with_free_capacity_a_request_waits_for_a_thread(work, pool, call):
    reserve = ThreadReserve(work, threads=1, is_exhausted=lambda: False, timeout_s=20)
    inside = pool.submit(call, reserve, "/work")
    work.entered.acquire(timeout=20)
    waiting = pool.submit(call, reserve, "/missions")
    work.release.set()

    assert [inside.result(20)[0], waiting.result(20)[0]] == ["200 OK", "200 OK"]


def test_capacity_is_exhausted_when_the_queue_is_full_too(work, pool, call):
    capacity = Capacity(1, 1, 20)
    limited = ConcurrencyLimit(work, capacity)
    idle = capacity.is_exhausted()
    inside = pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)
    busy = capacity.is_exhausted()
    waiting = pool.submit(call, limited, "/work")
    refused = pool.submit(is_refused_when_exhausted, call, limited, capacity)

    assert (idle, busy, refused.result(20)) == (False, False, True)
    work.release.set()
    assert [inside.result(20)[0], waiting.result(20)[0]] == ["200 OK", "200 OK"]


def is_refused_when_exhausted(call, limited, capacity):
    """True if a request is refused once the capacity is exhausted."""
    while not capacity.is_exhausted():
        pass
    return call(limited, "/missions")[0] == "503 Service Unavailable"
