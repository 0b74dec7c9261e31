"""Renderings that nobody waits for: how often, how many, and what a broken one leaves behind."""

import threading
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from app.cache.background_refresh import EVERY_S, BackgroundRefresh


class House:
    """The thread with a clock that stands still, and what it has rendered."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.behind = BackgroundRefresh(lambda: self.now_s)
        self.rendered: list[str] = []
        self.done = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def offer(self, key: str) -> bool:
        def render() -> None:
            assert self.gate.wait(10)
            self.rendered.append(key)
            self.done.release()

        return self.behind.offer(key, render)

    def wait(self, renderings: int = 1) -> None:
        for _ in range(renderings):
            assert self.done.acquire(timeout=10)


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    made.behind.start()
    yield made
    made.gate.set()
    made.behind.stop()


def test_before_it_begins_whoever_asks_renders_himself() -> None:
    assert not House().offer("a")


def test_what_is_offered_is_rendered(house: House) -> None:
    assert house.offer("a")
    house.wait()
    assert house.rendered == ["a"]


def test_a_page_is_rendered_again_after_a_quarter_of_a_second_only(house: House) -> None:
    assert house.offer("a")
    house.wait()
    assert house.offer("a")
    house.now_s += EVERY_S / 2
    assert house.offer("a")
    assert house.offer("b")
    house.wait()
    house.now_s += EVERY_S
    assert house.offer("a")
    house.wait()
    assert house.rendered == ["a", "b", "a"]


def test_what_is_under_way_or_waits_is_not_offered_twice(house: House) -> None:
    house.gate.clear()
    assert [house.offer("a"), house.offer("b"), house.offer("a"), house.offer("b")] == [True] * 4
    house.now_s += 10 * EVERY_S
    assert [house.offer("a"), house.offer("b")] == [True, True]
    house.gate.set()
    house.wait(2)
    assert house.rendered == ["a", "b"]


def test_of_too_many_the_last_ones_are_left_to_who_asks(house: House) -> None:
    house.gate.clear()
    assert [house.offer(f"page {n}") for n in range(20)] == [True] * 16 + [False] * 4
    house.gate.set()
    house.wait(16)
    house.now_s += EVERY_S
    assert house.offer("page 19")


def test_one_that_fails_is_told_of_and_stops_no_other(house: House) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    with capture_logs() as told:
        assert house.behind.offer("a", fail)
        assert house.offer("b")
        house.wait()
    assert [line["event"] for line in told] == ["rendering_behind_failed"]


def test_an_end_waits_for_what_is_under_way_and_drops_the_rest(house: House) -> None:
    house.gate.clear()
    began = threading.Event()

    def first() -> None:
        began.set()
        assert house.gate.wait(10)
        house.rendered.append("first")

    assert house.behind.offer("first", first)
    assert house.offer("second")
    assert began.wait(10)
    stops = threading.Thread(target=house.behind.stop)
    stops.start()
    while house.offer("third"):
        pass
    house.gate.set()
    stops.join(10)
    assert house.rendered == ["first"]
