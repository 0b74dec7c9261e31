"""The background refresh: how often and how much it renders, and what happens when a rendering fails."""

import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from app.cache.background_refresh import INTERVAL_S, BackgroundRefresh


class Refreshes:
    """The thread with a clock that the test moves, and the pages that were rendered."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.refresh = BackgroundRefresh(lambda: self.now_s)
        self.rendered: list[str] = []
        self.done = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def submit(self, key: str) -> bool:
        def render() -> None:
            assert self.gate.wait(10)
            self.rendered.append(key)
            self.done.release()

        return self.refresh.submit(key, render)

    def wait(self, renderings: int = 1) -> None:
        for _ in range(renderings):
            assert self.done.acquire(timeout=10)


@pytest.fixture
def refreshes() -> Iterator[Refreshes]:
    running = Refreshes()
    running.refresh.start()
    yield running
    running.gate.set()
    running.refresh.stop()


def test_before_the_start_the_caller_must_render() -> None:
    assert not Refreshes().submit("a")


def test_a_submitted_page_is_rendered(refreshes: Refreshes) -> None:
    assert refreshes.submit("a")
    refreshes.wait()
    assert refreshes.rendered == ["a"]


def test_a_page_is_rendered_at_most_four_times_a_second(refreshes: Refreshes) -> None:
    assert refreshes.submit("a")
    refreshes.wait()
    assert refreshes.submit("a")
    refreshes.now_s += INTERVAL_S / 2
    assert refreshes.submit("a")
    assert refreshes.submit("b")
    refreshes.wait()
    refreshes.now_s += INTERVAL_S
    assert refreshes.submit("a")
    refreshes.wait()
    assert refreshes.rendered == ["a", "b", "a"]


def test_a_page_that_is_queued_or_rendering_is_not_queued_again(refreshes: Refreshes) -> None:
    refreshes.gate.clear()
    assert [refreshes.submit("a"), refreshes.submit("b"), refreshes.submit("a"), refreshes.submit("b")] == [True] * 4
    refreshes.now_s += 10 * INTERVAL_S
    assert [refreshes.submit("a"), refreshes.submit("b")] == [True, True]
    refreshes.gate.set()
    refreshes.wait(2)
    assert refreshes.rendered == ["a", "b"]


def test_with_a_full_queue_the_caller_must_render(refreshes: Refreshes) -> None:
    refreshes.gate.clear()
    assert [refreshes.submit(f"page {n}") for n in range(20)] == [True] * 16 + [False] * 4
    refreshes.gate.set()
    refreshes.wait(16)
    refreshes.now_s += INTERVAL_S
    assert refreshes.submit("page 19")


def test_a_failed_rendering_is_logged_and_the_next_one_runs(refreshes: Refreshes) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    with capture_logs() as lines:
        assert refreshes.refresh.submit("a", fail)
        assert refreshes.submit("b")
        refreshes.wait()
    assert [line["event"] for line in lines] == ["background_refresh_failed"]


def test_stop_waits_for_the_current_rendering_and_drops_the_queue(refreshes: Refreshes) -> None:
    refreshes.gate.clear()
    started = threading.Event()

    def first() -> None:
        started.set()
        assert refreshes.gate.wait(10)
        refreshes.rendered.append("first")

    assert refreshes.refresh.submit("first", first)
    assert refreshes.submit("second")
    assert started.wait(10)
    stopping = threading.Thread(target=refreshes.refresh.stop)
    stopping.start()
    while refreshes.submit("third"):
        pass
    refreshes.gate.set()
    stopping.join(10)
    assert refreshes.rendered == ["first"]
