"""Invalidation: how a worker follows the change log, and when it discards everything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.cache.cached_response import Entry
from app.cache.invalidation import POLL_INTERVAL_S, ChangeLogFollower, ChangeLogPoller, with_kinds
from app.cache.lru_store import LruStore
from app.events import Change, Mark
from tests.unit.cache.doubles import ChangeLog


@pytest.fixture
def log() -> ChangeLog:
    return ChangeLog(last=7)


@pytest.fixture
def store() -> LruStore:
    return LruStore(1_000_000)


@pytest.fixture
def follower(store: LruStore, log: ChangeLog) -> ChangeLogFollower:
    change_log_follower = ChangeLogFollower(store, log.since, log.latest)
    change_log_follower.poll()
    return change_log_follower


def put(store: LruStore, key: str, number: int, *tags: str) -> None:
    store.put(key, Entry.of("200 OK", [], b"", "/", frozenset(tags), Mark(number, f"t{number}"), 9e9))


def is_fresh(store: LruStore, key: str) -> bool | None:
    cached = store.get(key)
    return cached[1] if cached else None


def test_before_the_first_poll_everything_is_stale(store: LruStore, log: ChangeLog) -> None:
    assert ChangeLogFollower(store, log.since, log.latest).mark is None
    assert ChangeLogFollower(store, log.since, log.latest).is_stale(log.mark(7), ["mission"])


def test_a_change_invalidates_its_tags_and_their_kinds(
    follower: ChangeLogFollower, store: LruStore, log: ChangeLog
) -> None:
    put(store, "one", 7, "mission:p/m")
    put(store, "all", 7, "mission")
    put(store, "other", 7, "mission:p/n", "platform")
    log.append("mission:p/m")
    follower.poll()
    assert follower.mark == log.mark(8)
    assert (is_fresh(store, "one"), is_fresh(store, "all"), is_fresh(store, "other")) == (False, False, True)


def test_the_time_of_the_oldest_new_change_is_reported(store: LruStore, log: ChangeLog) -> None:
    reported: list[datetime] = []
    follower = ChangeLogFollower(store, log.since, log.latest, on_change=reported.append)
    follower.poll()
    log.append("mission:p/m")
    log.append("totals")
    at = datetime(2026, 7, 1, tzinfo=UTC)
    log.changes = [replace(change, at=at + timedelta(seconds=n)) for n, change in enumerate(log.changes)]
    follower.poll()
    follower.poll()

    assert reported == [at]


def test_a_rendering_from_before_a_change_is_stale_and_one_from_after_it_is_not(
    follower: ChangeLogFollower, log: ChangeLog
) -> None:
    log.append("mission:p/m")
    log.append("totals")
    follower.poll()
    assert follower.is_stale(log.mark(7), ["mission"])
    assert not follower.is_stale(log.mark(8), ["mission"])
    assert follower.is_stale(log.mark(8), ["totals"])
    assert not follower.is_stale(log.mark(9), ["mission", "totals"])


def test_a_rendering_from_before_the_retained_history_is_stale(follower: ChangeLogFollower, log: ChangeLog) -> None:
    assert follower.is_stale(log.mark(6), ["mission"])
    assert not follower.is_stale(log.mark(7), ["mission"])


def test_a_gap_in_the_change_log_clears_the_store(follower: ChangeLogFollower, store: LruStore, log: ChangeLog) -> None:
    put(store, "/", 7, "mission")
    log.append("totals")
    log.append("totals")
    del log.changes[0]
    follower.poll()
    assert is_fresh(store, "/") is None
    assert follower.mark == log.mark(9)
    assert follower.is_stale(log.mark(8), ["mission"])


def test_another_database_clears_the_store(follower: ChangeLogFollower, store: LruStore, log: ChangeLog) -> None:
    put(store, "/", 7, "mission")
    log.last = 3
    follower.poll()
    assert is_fresh(store, "/") is None
    assert follower.mark == log.mark(3)


def test_more_changes_than_one_batch_are_all_applied(
    follower: ChangeLogFollower, store: LruStore, log: ChangeLog
) -> None:
    put(store, "/", 7, "mission:p/2500")
    for number in range(2_501):
        log.append(f"mission:p/{number}")
    follower.poll()
    assert follower.mark == log.mark(7 + 2_501)
    assert is_fresh(store, "/") is False
    # The oldest changes are outside the retained history, so a rendering from before them is stale.
    assert follower.is_stale(log.mark(7), ["nothing"])


def test_tags_get_their_kinds() -> None:
    assert with_kinds(["mission:p/m", "totals"]) == {"mission:p/m", "mission", "totals"}


def test_an_invalid_change_log_clears_the_store(store: LruStore, log: ChangeLog) -> None:
    follower = ChangeLogFollower(store, log.since, log.latest)
    follower.poll()
    put(store, "/", 7, "mission")
    log.append(None)  # type: ignore[arg-type]
    waits: list[float] = []
    poller = ChangeLogPoller(follower, lambda timeout_s: (waits.append(timeout_s), poller.stop())[0])
    poller._run()
    assert waits == [POLL_INTERVAL_S]
    assert follower.mark is None
    assert is_fresh(store, "/") is None


def test_a_change_log_that_continued_after_a_rollback_clears_the_store(
    follower: ChangeLogFollower, store: LruStore, log: ChangeLog
) -> None:
    log.append("totals")
    follower.poll()
    put(store, "/", 8, "mission")
    mark = log.mark(8)
    del log.changes[0]
    log.last, log.token = 7, "t"
    log.append("platform:p")
    log.changes[0] = Change(Mark(8, "other"), "t7", ("platform:p",))
    log.changes.append(Change(Mark(9, "t9"), "other", ("platform:p",)))
    log.last = 9
    follower.poll()
    assert is_fresh(store, "/") is None
    assert follower.is_stale(mark, ["mission"])
    assert follower.mark == log.mark(9)


def test_a_change_log_of_equal_length_with_another_token_clears_the_store(
    follower: ChangeLogFollower, store: LruStore, log: ChangeLog
) -> None:
    put(store, "/", 7, "mission")
    log.token = "other"
    follower.poll()
    assert is_fresh(store, "/") is None
    assert follower.mark == Mark(7, "other7")


def test_a_mark_ahead_of_the_change_log_or_of_another_log_is_stale(follower: ChangeLogFollower, log: ChangeLog) -> None:
    assert follower.is_stale(log.mark(8), ["mission"])
    assert follower.is_stale(Mark(7, "another"), ["mission"])


def test_a_simulated_change_invalidates_its_tags_and_pages_with_simulated_platforms(
    follower: ChangeLogFollower, store: LruStore, log: ChangeLog
) -> None:
    put(store, "all", 7, "mission", "platform")
    put(store, "one", 7, "mission:p/m")
    put(store, "with", 7, "mission", "simulated")
    log.append("mission:p/m", "platform:p", "simulated")
    follower.poll()
    assert (is_fresh(store, "all"), is_fresh(store, "one"), is_fresh(store, "with")) == (True, False, False)


def test_each_successful_poll_is_reported(store: LruStore, log: ChangeLog) -> None:
    polls: list[int] = []
    follower = ChangeLogFollower(store, log.since, log.latest, lambda: polls.append(log.last))
    follower.poll()
    log.append("totals")
    follower.poll()
    assert polls == [7, 8]
