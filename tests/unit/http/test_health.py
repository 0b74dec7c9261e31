"""When a process is ready, and when it is not."""

import threading

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from redis import ConnectionError as RedisConnectionError

from app import metrics
from app.http.health import Health


class Neighbours:
    """MongoDB and Redis as the checks see them."""

    def __init__(self):
        self.away = set()
        self.missing = []

    def mongodb(self):
        if "mongodb" in self.away:
            raise ServerSelectionTimeoutError("mongodb://user:hunter2@db")

    def redis(self):
        if "redis" in self.away:
            raise RedisConnectionError

    def missing_indexes(self):
        self.mongodb()
        return self.missing

    def health(self, *requires):
        checks = {"mongodb": self.mongodb, "redis": self.redis}
        return Health(frozenset(requires), self.missing_indexes, checks)


@pytest.fixture
def neighbours():
    return Neighbours()


def rounds(health, number):
    _ = [health.check() for _ in range(number)]
    return health.unready()


def test_a_process_is_not_ready_before_its_first_checks(neighbours):
    health = neighbours.health()

    assert (health.started, health.unready()) == (False, ["waiting for the first checks"])


def test_it_is_ready_when_the_store_was_seen_with_its_indexes(neighbours):
    health = neighbours.health()

    assert (rounds(health, 1), health.started) == ([], True)


def test_without_mongodb_it_has_started_but_is_not_ready(neighbours):
    neighbours.away = {"mongodb"}
    health = neighbours.health()

    assert (rounds(health, 100), health.started) == (["waiting for MongoDB"], True)


def test_it_gets_ready_when_mongodb_comes(neighbours):
    neighbours.away = {"mongodb"}
    health = neighbours.health()
    health.check()
    neighbours.away = set()

    assert rounds(health, 1) == []


def test_without_indexes_it_is_not_ready(neighbours):
    neighbours.missing = ["missions.newest"]

    assert rounds(neighbours.health(), 1) == ["waiting for 1 indexes (run `halocline indexes`)"]


def test_once_ready_an_outage_that_all_share_changes_nothing(neighbours):
    health = neighbours.health()
    health.check()
    neighbours.away = {"mongodb", "redis"}

    assert rounds(health, 10) == []


@pytest.mark.parametrize(("failed", "reasons"), [(1, []), (2, []), (3, ["redis is away"])])
def test_a_required_neighbour_may_fail_twice_in_a_row(failed, reasons, neighbours):
    health = neighbours.health("redis")
    health.check()
    neighbours.away = {"redis"}

    assert rounds(health, failed) == reasons


def test_one_good_check_forgives(neighbours):
    health = neighbours.health("redis")
    neighbours.away = {"redis"}
    rounds(health, 5)
    neighbours.away = set()

    assert rounds(health, 1) == []


def test_draining_is_unready_at_once(neighbours):
    health = neighbours.health()
    health.check()
    health.drain()

    assert health.unready() == ["draining"]


def test_the_gauge_tells_who_is_away(neighbours):
    neighbours.away = {"redis"}
    neighbours.health().check()

    up = {
        name: metrics.registry.get_sample_value("halocline_dependency_up", {"dependency": name})
        for name in ("mongodb", "redis")
    }
    assert up == {"mongodb": 1, "redis": 0}


def test_the_log_names_the_neighbour_but_not_its_address(neighbours, logged):
    neighbours.away = {"mongodb"}
    neighbours.health().check()
    lines = logged()

    assert [(line["event"], line["level"]) for line in lines] == [
        ("dependency_down", "warning"),
        ("not_ready", "warning"),
    ]
    assert [lines[0]["dependency"], lines[1]["waiting_for"]] == ["mongodb", "MongoDB"]
    assert "hunter2" not in str(lines)


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/startupz", 503), ("/readyz", 503)])
def test_the_probes_of_a_process_that_has_not_checked_yet(path, status, portal, call):
    got, headers, _ = call(portal, path)

    assert int(got[:3]) == status
    assert headers["Cache-Control"] == "no-store"


def test_a_neighbour_that_hangs_does_not_hold_up_the_start(neighbours):
    asked, release = threading.Event(), threading.Event()

    def hanging():
        asked.set()
        release.wait(10)

    health = Health(frozenset(), list, {"mongodb": hanging})
    health.start()
    was_asked = asked.wait(10)
    started = health.started
    release.set()
    health.stop()

    assert (was_asked, started) == (True, True)


def test_a_fault_of_ours_in_a_check_does_not_end_the_watch(monkeypatch):
    monkeypatch.setattr("app.http.health.PERIOD_S", 0.01)
    asked = threading.Semaphore(0)

    def faulty():
        asked.release()
        raise RuntimeError

    health = Health(frozenset(), list, {"mongodb": faulty})
    health.start()
    rounds_begun = [asked.acquire(timeout=10) for _ in range(3)]
    health.stop()

    assert rounds_begun == [True] * 3
