"""Overload is refused quickly, and probes get through."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.wrappers import Response

from app import metrics
from app.http.limits import Door, Places


class Work:
    """A WSGI application that holds its request until told to go on."""

    def __init__(self):
        self.entered, self.go_on = threading.Semaphore(0), threading.Event()

    def __call__(self, environ, start_response):
        self.entered.release()
        if environ["PATH_INFO"] == "/work":
            assert self.go_on.wait(20)
        return Response("done")(environ, start_response)


@pytest.fixture
def work():
    work = Work()
    yield work
    work.go_on.set()


@pytest.fixture
def pool(work):
    with ThreadPoolExecutor(4) as pool:
        yield pool
        work.go_on.set()


def shed():
    return metrics.registry.get_sample_value("halocline_requests_shed_total", {"reason": "concurrency"})


def test_a_full_worker_refuses_with_a_problem_and_counts_it(work, pool, call):
    limited = Places(work, limit=1, waiters=0)
    inside = pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)
    before = shed()

    status, headers, body = call(limited, "/missions")

    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "2")
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["instance"] == "/missions"
    assert shed() == before + 1
    work.go_on.set()
    assert inside.result(20)[0] == "200 OK"


@pytest.mark.parametrize("probe", ["/livez", "/readyz", "/startupz"])
def test_a_full_worker_answers_probes(probe, work, pool, call):
    limited = Places(work, limit=1, waiters=0)
    pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)

    assert call(limited, probe)[0] == "200 OK"


def test_a_request_that_waits_gets_the_next_place(work, pool, call):
    limited = Places(work, limit=1, waiters=1, wait_s=20)
    inside = pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)
    waiting = pool.submit(call, limited, "/missions")
    work.go_on.set()

    assert [inside.result(20)[0], waiting.result(20)[0]] == ["200 OK", "200 OK"]


def test_a_request_does_not_wait_for_ever(work, pool, call):
    limited = Places(work, limit=1, waiters=1, wait_s=0.01)
    pool.submit(call, limited, "/work")
    work.entered.acquire(timeout=20)

    assert call(limited, "/missions")[0] == "503 Service Unavailable"


def test_a_place_is_held_until_the_body_is_closed(work, call):
    limited = Places(Response(iter([b"slow", b"stream"])), limit=1, waiters=0)
    open_body: Any = limited({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_: None)
    during = call(limited)[0]
    open_body.close()

    assert [during, call(limited)[0]] == ["503 Service Unavailable", "200 OK"]


def test_an_exception_gives_its_place_back(call):
    def broken(environ, start_response):
        raise LookupError

    limited = Places(broken, limit=1, waiters=0)
    with pytest.raises(LookupError):
        call(limited)
    with pytest.raises(LookupError):
        call(limited)


def test_a_full_door_lets_probes_in(work, pool, call):
    door = Door(work, threads=1, crowded=lambda: True)
    pool.submit(call, door, "/work")
    work.entered.acquire(timeout=20)

    assert [call(door, probe)[0] for probe in ("/livez", "/readyz", "/startupz")] == ["200 OK"] * 3


def test_nobody_waits_at_the_door_of_a_crowded_worker(work, pool, call):
    door = Door(work, threads=1, crowded=lambda: True, turn_s=20)
    inside = pool.submit(call, door, "/work")
    work.entered.acquire(timeout=20)
    before = shed()

    assert call(door, "/missions")[0] == "503 Service Unavailable"

    assert shed() == before + 1
    work.go_on.set()
    assert inside.result(20)[0] == "200 OK"


def test_who_only_fetches_what_is_there_waits_for_a_turn(work, pool, call):
    door = Door(work, threads=1, crowded=lambda: False, turn_s=20)
    inside = pool.submit(call, door, "/work")
    work.entered.acquire(timeout=20)
    waiting = pool.submit(call, door, "/missions")
    work.go_on.set()

    assert [inside.result(20)[0], waiting.result(20)[0]] == ["200 OK", "200 OK"]


def test_a_worker_is_crowded_when_nobody_may_even_wait(work, pool, call):
    places = Places(work, limit=1, waiters=1, wait_s=20)
    empty = places.crowded()
    inside = pool.submit(call, places, "/work")
    work.entered.acquire(timeout=20)
    busy = places.crowded()
    waiting = pool.submit(call, places, "/work")
    refused = pool.submit(until_refused, call, places)

    assert (empty, busy, refused.result(20)) == (False, False, True)
    work.go_on.set()
    assert [inside.result(20)[0], waiting.result(20)[0]] == ["200 OK", "200 OK"]


def until_refused(call, places):
    """Whether the worker says so when it turns somebody away."""
    while not places.crowded():
        pass
    return call(places, "/missions")[0] == "503 Service Unavailable"
