"""Entries in memory: bounded, found by tag, the least used out first."""

import pytest

from app.cache.cached_response import Entry, entry
from app.cache.lru_store import Memory
from app.events import Mark


class Clock:
    """Time that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def make_entry(
    body: bytes = b"x" * 1_000, number: int = 1, tags: tuple[str, ...] = ("mission",), **more: float
) -> Entry:
    return entry(
        "200 OK",
        [("Content-Type", "text/html")],
        body,
        "/",
        frozenset(tags),
        Mark(number, ""),
        more.get("until_s", 9e9),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def memory(clock: Clock) -> Memory:
    return Memory(100_000, clock)


def test_what_is_kept_is_found_fresh(memory: Memory) -> None:
    kept = make_entry()
    memory.keep("/", kept)
    assert memory.find("/") == (kept, True)
    assert memory.find("/other") is None


def test_a_later_change_of_a_tag_outdates_and_an_earlier_one_does_not(memory: Memory) -> None:
    memory.keep("/", make_entry(number=5))
    memory.outdate(5, ["mission"])
    memory.outdate(6, ["platform"])
    assert memory.find("/") == (make_entry(number=5), True)
    memory.outdate(6, ["mission"])
    assert memory.find("/") == (make_entry(number=5), False)


def test_a_new_entry_takes_the_place_of_an_outdated_one(memory: Memory) -> None:
    memory.keep("/", make_entry(number=5))
    memory.outdate(6, ["mission"])
    memory.keep("/", make_entry(number=6))
    assert memory.find("/") == (make_entry(number=6), True)
    assert len(memory) == 1


def test_an_entry_ends_at_its_time(memory: Memory, clock: Clock) -> None:
    memory.keep("/", make_entry(until_s=1_010.0))
    clock.now_s = 1_009.9
    assert memory.find("/") == (make_entry(until_s=1_010.0), True)
    clock.now_s = 1_010.0
    assert memory.find("/") == (make_entry(until_s=1_010.0), False)


def test_a_hundred_thousand_pages_leave_memory_bounded_and_regulars_in_place(memory: Memory) -> None:
    memory.keep("/", make_entry())
    memory.find("/")
    for number in range(100_000):
        memory.keep(f"/missions?after={number}", make_entry(b"y" * 300))
    assert memory.size_bytes <= 100_000
    assert len(memory) < 100
    assert memory.find("/") == (make_entry(), True)


def test_regulars_are_bounded_too(memory: Memory) -> None:
    for number in range(1_000):
        memory.keep(number, make_entry())
        memory.find(number)
    assert memory.size_bytes <= 100_000
    assert memory.find(999) == (make_entry(), True)
    assert memory.find(0) is None


def test_what_is_larger_than_the_room_is_not_kept(memory: Memory) -> None:
    memory.keep("/", make_entry(bytes(100_001)))
    assert memory.find("/") is None
    assert memory.size_bytes == 0


def test_nothing_is_left_after_clearing(memory: Memory) -> None:
    memory.keep("/", make_entry())
    memory.clear()
    memory.outdate(9, ["mission"])
    assert (len(memory), memory.size_bytes, memory.find("/")) == (0, 0, None)


def test_what_does_not_exist_never_becomes_a_regular(memory: Memory) -> None:
    missing = entry("404 Not Found", [("Content-Type", "text/html")], b"x" * 1_000, "/", frozenset(), Mark(1, ""), 9e9)
    assert set(missing.bodies) == {"identity"}
    memory.keep("/", make_entry())
    memory.find("/")
    for number in range(1_000):
        memory.keep(number, missing)
        memory.find(number)
        memory.find(number)
    assert memory.find("/") == (make_entry(), True)
    assert len(memory) < 10


def test_it_is_known_for_how_long_an_entry_has_been_outdated(memory: Memory, clock: Clock) -> None:
    memory.keep("/", make_entry(until_s=1_010.0))
    assert memory.outdated_for_s("/") == memory.outdated_for_s("/none") == 0.0
    clock.now_s = 1_013.0
    assert memory.outdated_for_s("/") == 3.0
    memory.keep("/", make_entry(number=1))
    memory.outdate(2, ["mission"])
    clock.now_s = 1_015.0
    memory.outdate(3, ["mission"])
    assert memory.outdated_for_s("/") == 2.0
