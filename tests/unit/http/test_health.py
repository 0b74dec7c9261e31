"""When a process is ready, and when it is not."""

import threading

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from redis import ConnectionError as RedisConnectionError

from app.http.health import Health
from app.telemetry import metrics


class Dependencies:
    """MongoDB and Redis as the checks see them."""

    def __init__(self):
        self.unreachable = set()
        self.missing = []

    def mongodb(self):
        if "mongodb" in self.unreachable:
            raise ServerSelectionTimeoutError("mongodb://user:hunter2@db")

    def redis(self):
        if "redis" in self.unreachable:
            raise RedisConnectionError

    def missing_indexes(self):
        self.mongodb()
        return self.missing

    def health(self, *requires):
        checks = {"mongodb": self.mongodb, "redis": self.redis}
        return Health(frozenset(requires), self.missing_indexes, checks)


@pytest.fixture
def dependencies():
    return Dependencies()


def rounds(health, number):
    _ = [health.check() for _ in range(number)]
    return health.unready()


def test_a_process_is_not_ready_before_its_first_checks(dependencies):
    health = dependencies.health()

    assert (health.has_started, health.unready()) == (False, ["waiting for the first checks"])


def test_it_is_ready_once_the_store_has_its_indexes(dependencies):
    health = dependencies.health()

    assert (rounds(health, 1), health.has_started) == ([], True)


def test_without_mongodb_it_has_started_but_is_not_ready(dependencies):
    dependencies.unreachable = {"mongodb"}
    health = dependencies.health()

    assert (rounds(health, 100), health.has_started) == (["waiting for MongoDB"], True)


def test_it_becomes_ready_when_mongodb_becomes_reachable(dependencies):
    dependencies.unreachable = {"mongodb"}
    health = dependencies.health()
    health.check()
    dependencies.unreachable = set()

    assert rounds(health, 1) == []


def test_without_indexes_it_is_not_ready(dependencies):
    dependencies.missing = ["missions.newest"]

    assert rounds(dependencies.health(), 1) == ["waiting for 1 indexes (run `halocline indexes`)"]


def test_once_ready_an_outage_of_a_shared_dependency_changes_nothing(dependencies):
    health = dependencies.health()
    health.check()
    dependencies.unreachable = {"mongodb", "redis"}

    assert rounds(health, 10) == []


@pytest.mark.parametrize(("failed", "reasons"), [(1, []), (2, []), (3, ["redis is unreachable"])])
def test_a_required_dependency_may_fail_twice_in_a_row(failed, reasons, dependencies):
    health = dependencies.health("redis")
    health.check()
    dependencies.unreachable = {"redis"}

    assert rounds(health, failed) == reasons


def test_one_successful_check_resets_the_failures(dependencies):
    health = dependencies.health("redis")
    dependencies.unreachable = {"redis"}
    rounds(health, 5)
    dependencies.unreachable = set()

    assert rounds(health, 1) == []


def test_draining_is_unready_at_once(dependencies):
    health = dependencies.health()
    health.check()
    health.drain()

    assert health.unready() == ["draining"]


def test_the_gauge_shows_which_dependency_is_unreachable(dependencies):
    dependencies.unreachable = {"redis"}
    dependencies.health().check()

    up = {
        name: metrics.registry.get_sample_value("halocline_dependency_up", {"dependency": name})
        for name in ("mongodb", "redis")
    }
    assert up == {"mongodb": 1, "redis": 0}


def test_the_log_names_the_dependency_but_not_its_address(dependencies, logged):
    dependencies.unreachable = {"mongodb"}
    dependencies.health().check()
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


def test_a_dependency_that_hangs_does_not_delay_the_start(dependencies):
    called, release = threading.Event(), threading.Event()

    def hanging():
        called.set()
        release.wait(10)

    health = Health(frozenset(), list, {"mongodb": hanging})
    health.start()
    was_called = called.wait(10)
    started = health.has_started
    release.set()
    health.stop()

    assert (was_called, started) == (True, True)


def test_a_fault_in_a_check_does_not_end_the_checks(monkeypatch):
    monkeypatch.setattr("app.http.health.PERIOD_S", 0.01)
    calls = threading.Semaphore(0)

    def faulty():
        calls.release()
        raise RuntimeError

    health = Health(frozenset(), list, {"mongodb": faulty})
    health.start()
    rounds_begun = [calls.acquire(timeout=10) for _ in range(3)]
    health.stop()

    assert rounds_begun == [True] * 3
