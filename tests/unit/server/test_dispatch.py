"""Where requests are answered, and that each one ends in time."""

from typing import ClassVar

import pytest

from app.server import dispatch
from app.server.dispatch import Dispatcher
from app.server.readiness import Readiness


class Request:
    """Stands for a connection with a request."""

    environ: ClassVar[dict[str, str]] = {}

    def present(self):
        return self


class Setup:
    def __init__(self, monkeypatch):
        self.now_s, self.readiness = 100.0, Readiness.THREAD
        self.first: Request
        self.outcomes: list[tuple[str, Request]] = []
        monkeypatch.setattr(dispatch, "monotonic", lambda: self.now_s)

        def record(outcome):
            return lambda request: self.outcomes.append((outcome, request))

        names = {name: record(name) for name in ("answer", "start", "refuse")}
        self.dispatcher = Dispatcher(1, 2, ready=lambda _environ: self.readiness, **names)

    def wait(self, seconds):
        self.now_s += seconds
        self.dispatcher.advance()


@pytest.fixture
def setup(monkeypatch):
    return Setup(monkeypatch)


@pytest.fixture
def busy(setup):
    """The only rendering thread is taken."""
    setup.first = Request()
    setup.dispatcher.dispatch(setup.first)
    setup.outcomes.clear()
    return setup


def test_a_request_that_waits_for_a_second_is_refused(busy):
    request = Request()
    busy.dispatcher.dispatch(request)
    busy.wait(0.9)
    assert busy.outcomes == []
    busy.wait(0.2)
    assert busy.outcomes == [("refuse", request)]


def test_a_page_that_becomes_ready_is_sent_to_all_who_wait_for_it(busy):
    requests = [Request() for _ in range(3)]
    busy.readiness = Readiness.SOON
    _ = [busy.dispatcher.dispatch(request) for request in requests]
    busy.readiness = Readiness.NOW
    busy.wait(0.1)

    assert busy.outcomes == [("answer", request) for request in requests]


def test_a_request_that_is_passed_between_both_queues_ends_in_time(busy):
    request = Request()
    busy.readiness = Readiness.SOON
    busy.dispatcher.dispatch(request)
    for turn in range(100):
        busy.readiness = Readiness.SOON if turn % 2 else Readiness.THREAD
        busy.wait(0.05)

    assert busy.outcomes == [("refuse", request)]


def test_a_shared_page_comes_before_requests_that_wait_longer(busy):
    requests = [Request() for _ in range(3)]
    for request, busy.readiness in zip(requests, [Readiness.THREAD, Readiness.THREAD, Readiness.SHARED], strict=True):
        busy.dispatcher.dispatch(request)
    busy.readiness = Readiness.THREAD
    for running in [busy.first, requests[2], requests[0]]:
        busy.dispatcher.finished(running)
        busy.wait(0.01)

    assert busy.outcomes == [("start", requests[2]), ("start", requests[0]), ("start", requests[1])]


def test_a_shared_page_that_waits_for_a_second_is_refused(busy):
    busy.readiness = Readiness.SHARED
    busy.dispatcher.dispatch(Request())
    busy.wait(1.1)

    assert [outcome for outcome, _ in busy.outcomes] == ["refuse"]


def test_a_stream_leaves_the_place_of_a_rendering(setup):
    first, second, third = Request(), Request(), Request()
    setup.dispatcher.dispatch(first)
    setup.dispatcher.streams(first)
    setup.dispatcher.dispatch(second)
    setup.dispatcher.dispatch(third)

    assert setup.outcomes == [("start", first), ("start", second)]
    assert (setup.dispatcher.busy, setup.dispatcher.waiting) == (2, 1)
