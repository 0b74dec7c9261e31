"""Entries in store: bounded, indexed by tag, evicted by least recent use."""

import pytest

from app.cache.cached_response import Entry
from app.cache.lru_store import LruStore
from app.events import Mark


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def make_entry(
    body: bytes = b"x" * 1_000, number: int = 1, tags: tuple[str, ...] = ("mission",), **more: float
) -> Entry:
    return Entry.of(
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
def store(clock: Clock) -> LruStore:
    return LruStore(100_000, clock)


def test_a_stored_entry_is_fresh(store: LruStore) -> None:
    entry = make_entry()
    store.put("/", entry)
    assert store.get("/") == (entry, True)
    assert store.get("/other") is None


def test_a_later_change_of_a_tag_invalidates_and_an_earlier_one_does_not(store: LruStore) -> None:
    store.put("/", make_entry(number=5))
    store.invalidate(5, ["mission"])
    store.invalidate(6, ["platform"])
    assert store.get("/") == (make_entry(number=5), True)
    store.invalidate(6, ["mission"])
    assert store.get("/") == (make_entry(number=5), False)


def test_a_new_entry_replaces_a_stale_one(store: LruStore) -> None:
    store.put("/", make_entry(number=5))
    store.invalidate(6, ["mission"])
    store.put("/", make_entry(number=6))
    assert store.get("/") == (make_entry(number=6), True)
    assert len(store) == 1


def test_an_entry_expires_at_its_time(store: LruStore, clock: Clock) -> None:
    store.put("/", make_entry(until_s=1_010.0))
    clock.now_s = 1_009.9
    assert store.get("/") == (make_entry(until_s=1_010.0), True)
    clock.now_s = 1_010.0
    assert store.get("/") == (make_entry(until_s=1_010.0), False)


def test_a_hundred_thousand_pages_leave_memory_bounded_and_protected_entries_in_the_store(store: LruStore) -> None:
    store.put("/", make_entry())
    store.get("/")
    for number in range(100_000):
        store.put(f"/missions?after={number}", make_entry(b"y" * 300))
    assert store.size_bytes <= 100_000
    assert len(store) < 100
    assert store.get("/") == (make_entry(), True)


def test_the_protected_segment_is_bounded(store: LruStore) -> None:
    for number in range(1_000):
        store.put(number, make_entry())
        store.get(number)
    assert store.size_bytes <= 100_000
    assert store.get(999) == (make_entry(), True)
    assert store.get(0) is None


def test_an_entry_larger_than_the_store_is_not_stored(store: LruStore) -> None:
    store.put("/", make_entry(bytes(100_001)))
    assert store.get("/") is None
    assert store.size_bytes == 0


def test_a_cleared_store_is_empty(store: LruStore) -> None:
    store.put("/", make_entry())
    store.clear()
    store.invalidate(9, ["mission"])
    assert (len(store), store.size_bytes, store.get("/")) == (0, 0, None)


def test_a_404_is_never_protected(store: LruStore) -> None:
    missing = Entry.of(
        "404 Not Found", [("Content-Type", "text/html")], b"x" * 1_000, "/", frozenset(), Mark(1, ""), 9e9
    )
    assert set(missing.bodies) == {"identity"}
    store.put("/", make_entry())
    store.get("/")
    for number in range(1_000):
        store.put(number, missing)
        store.get(number)
        store.get(number)
    assert store.get("/") == (make_entry(), True)
    assert len(store) < 10


def test_the_time_since_an_entry_became_stale(store: LruStore, clock: Clock) -> None:
    store.put("/", make_entry(until_s=1_010.0))
    assert store.stale_for_s("/") == store.stale_for_s("/none") == 0.0
    clock.now_s = 1_013.0
    assert store.stale_for_s("/") == 3.0
    store.put("/", make_entry(number=1))
    store.invalidate(2, ["mission"])
    clock.now_s = 1_015.0
    store.invalidate(3, ["mission"])
    assert store.stale_for_s("/") == 2.0


def make_search(number: int = 1) -> Entry:
    return Entry.of(
        "200 OK", [("Content-Type", "text/html")], b"x" * 1_000, "/search", frozenset(["search"]), Mark(number, ""), 9e9
    )


@pytest.fixture
def store_with_searches(clock: Clock) -> LruStore:
    return LruStore(300_000, clock, frozenset(["/search"]))


def test_an_invented_page_is_stored_when_it_is_put_a_second_time(store_with_searches: LruStore) -> None:
    store_with_searches.put("q=a", make_search())
    assert store_with_searches.get("q=a") is None
    store_with_searches.put("q=a", make_search())
    assert store_with_searches.get("q=a") == (make_search(), True)
    store_with_searches.put("q=a", make_search(2))
    assert store_with_searches.get("q=a") == (make_search(2), True)


def test_a_hundred_thousand_searches_evict_neither_pages_nor_the_popular_search(store_with_searches: LruStore) -> None:
    store_with_searches.put("/once", make_entry())
    store_with_searches.put("/", make_entry())
    store_with_searches.get("/")
    for _ in range(2):
        store_with_searches.put("q=popular", make_search())
    for number in range(100_000):
        store_with_searches.put(f"q={number}", make_search())
    assert [key for key in ("/", "/once", "q=popular") if store_with_searches.get(key) is None] == []


def test_searches_that_are_repeated_evict_each_other_and_no_page(store_with_searches: LruStore) -> None:
    store_with_searches.put("/once", make_entry())
    for number in range(2_000):
        store_with_searches.put(number // 2, make_search())
        store_with_searches.get(number // 2)
    assert store_with_searches.get("/once") == (make_entry(), True)
    assert store_with_searches.get(999) == (make_search(), True)
    assert store_with_searches.size_bytes <= 300_000 * 0.1 + make_entry().size_bytes


def test_a_change_invalidates_a_search(store_with_searches: LruStore) -> None:
    for _ in range(2):
        store_with_searches.put("q=a", make_search())
    store_with_searches.invalidate(2, ["search"])
    assert store_with_searches.get("q=a") == (make_search(), False)
