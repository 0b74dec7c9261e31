"""What a worker knows of the change log."""

import pytest

from app.cache.cached_response import entry
from app.cache.invalidation import POLL_S, ChangeLogFollower, Poller, widened
from app.cache.lru_store import Memory
from app.events import Change, Mark
from tests.unit.cache.house import Log


@pytest.fixture
def log() -> Log:
    return Log(last=7)


@pytest.fixture
def memory() -> Memory:
    return Memory(1_000_000)


@pytest.fixture
def watcher(memory: Memory, log: Log) -> ChangeLogFollower:
    made = ChangeLogFollower(memory, log.since, log.latest)
    made.look()
    return made


def keep(memory: Memory, key: str, number: int, *tags: str) -> None:
    memory.keep(key, entry("200 OK", [], b"", "/", frozenset(tags), Mark(number, f"w{number}"), 9e9))


def is_fresh(memory: Memory, key: str) -> bool | None:
    found = memory.find(key)
    return found[1] if found else None


def test_nothing_is_known_before_the_first_look(memory: Memory, log: Log) -> None:
    assert ChangeLogFollower(memory, log.since, log.latest).mark is None
    assert ChangeLogFollower(memory, log.since, log.latest).outdates(log.mark(7), ["mission"])


def test_a_change_outdates_what_shows_it_and_what_shows_its_kind(
    watcher: ChangeLogFollower, memory: Memory, log: Log
) -> None:
    keep(memory, "one", 7, "mission:p/m")
    keep(memory, "all", 7, "mission")
    keep(memory, "other", 7, "mission:p/n", "platform")
    log.append("mission:p/m")
    watcher.look()
    assert watcher.mark == log.mark(8)
    assert (is_fresh(memory, "one"), is_fresh(memory, "all"), is_fresh(memory, "other")) == (False, False, True)


def test_what_was_rendered_before_a_change_is_outdated_and_what_after_is_not(
    watcher: ChangeLogFollower, log: Log
) -> None:
    log.append("mission:p/m")
    log.append("totals")
    watcher.look()
    assert watcher.outdates(log.mark(7), ["mission"])
    assert not watcher.outdates(log.mark(8), ["mission"])
    assert watcher.outdates(log.mark(8), ["totals"])
    assert not watcher.outdates(log.mark(9), ["mission", "totals"])


def test_what_was_rendered_before_anybody_remembers_counts_as_outdated(watcher: ChangeLogFollower, log: Log) -> None:
    assert watcher.outdates(log.mark(6), ["mission"])
    assert not watcher.outdates(log.mark(7), ["mission"])


def test_who_slept_longer_than_the_log_keeps_forgets_everything(
    watcher: ChangeLogFollower, memory: Memory, log: Log
) -> None:
    keep(memory, "/", 7, "mission")
    log.append("totals")
    log.append("totals")
    del log.changes[0]
    watcher.look()
    assert is_fresh(memory, "/") is None
    assert watcher.mark == log.mark(9)
    assert watcher.outdates(log.mark(8), ["mission"])


def test_another_database_makes_everything_forgotten(watcher: ChangeLogFollower, memory: Memory, log: Log) -> None:
    keep(memory, "/", 7, "mission")
    log.last = 3
    watcher.look()
    assert is_fresh(memory, "/") is None
    assert watcher.mark == log.mark(3)


def test_more_changes_than_are_read_at_once_are_all_taken_in(
    watcher: ChangeLogFollower, memory: Memory, log: Log
) -> None:
    keep(memory, "/", 7, "mission:p/2500")
    for number in range(2_501):
        log.append(f"mission:p/{number}")
    watcher.look()
    assert watcher.mark == log.mark(7 + 2_501)
    assert is_fresh(memory, "/") is False
    # The oldest are no longer remembered: whoever began before them must not believe what he has.
    assert watcher.outdates(log.mark(7), ["nothing"])


def test_tags_are_widened_by_their_kind() -> None:
    assert widened(["mission:p/m", "totals"]) == {"mission:p/m", "mission", "totals"}


def test_a_log_that_cannot_be_understood_makes_everything_forgotten(memory: Memory, log: Log) -> None:
    watcher = ChangeLogFollower(memory, log.since, log.latest)
    watcher.look()
    keep(memory, "/", 7, "mission")
    log.append(None)  # type: ignore[arg-type]
    looks: list[float] = []
    poller = Poller(watcher, lambda pause_s: (looks.append(pause_s), poller.stop())[0])
    poller._run()
    assert looks == [POLL_S]
    assert watcher.mark is None
    assert is_fresh(memory, "/") is None


def test_a_log_that_was_continued_after_a_rollback_makes_everything_forgotten(
    watcher: ChangeLogFollower, memory: Memory, log: Log
) -> None:
    log.append("totals")
    watcher.look()
    keep(memory, "/", 8, "mission")
    stamp = log.mark(8)
    del log.changes[0]
    log.last, log.word = 7, "w"
    log.append("platform:p")
    log.changes[0] = Change(Mark(8, "other"), "w7", ("platform:p",))
    log.changes.append(Change(Mark(9, "w9"), "other", ("platform:p",)))
    log.last = 9
    watcher.look()
    assert is_fresh(memory, "/") is None
    assert watcher.outdates(stamp, ["mission"])
    assert watcher.mark == log.mark(9)


def test_a_log_of_the_same_length_with_another_end_makes_everything_forgotten(
    watcher: ChangeLogFollower, memory: Memory, log: Log
) -> None:
    keep(memory, "/", 7, "mission")
    log.word = "other"
    watcher.look()
    assert is_fresh(memory, "/") is None
    assert watcher.mark == Mark(7, "other7")


def test_what_is_ahead_of_the_log_is_not_believed(watcher: ChangeLogFollower, log: Log) -> None:
    assert watcher.outdates(log.mark(8), ["mission"])
    assert watcher.outdates(Mark(7, "another"), ["mission"])


def test_a_simulated_change_outdates_itself_and_what_shows_simulated_things(
    watcher: ChangeLogFollower, memory: Memory, log: Log
) -> None:
    keep(memory, "all", 7, "mission", "platform")
    keep(memory, "one", 7, "mission:p/m")
    keep(memory, "with", 7, "mission", "simulated")
    log.append("mission:p/m", "platform:p", "simulated")
    watcher.look()
    assert (is_fresh(memory, "all"), is_fresh(memory, "one"), is_fresh(memory, "with")) == (True, False, False)


def test_each_look_that_learned_something_or_nothing_is_told(memory: Memory, log: Log) -> None:
    looks: list[int] = []
    watcher = ChangeLogFollower(memory, log.since, log.latest, lambda: looks.append(log.last))
    watcher.look()
    log.append("totals")
    watcher.look()
    assert looks == [7, 8]
