"""gunicorn with a mongod of its own, which stops answering, answers again, and has no primary for a while."""

import os
import signal
from statistics import median
from time import monotonic
from typing import Any

import pymongo
import pytest
from pymongo import MongoClient
from pymongo.errors import NetworkTimeout, PyMongoError

from app import extensions
from app.circuit_breaker import NEEDED
from app.extensions import CircuitOpen
from app.localdev import mongod, pidfiles

from .conftest import until

TIMEOUT_S = 1.0
# Without the breaker's own probes, the driver looks for a server that failed every ten seconds.
DRIVER_LOOKS_EVERY_S = 10
CACHED = "/missions"


class Server:
    """A mongod that the test stops and continues."""

    def __init__(self, home):
        # With a replica set's name, so that the driver follows elections.
        self.uri = mongod.start(home).partition("?")[0] + "?replicaSet=rs0"
        self.pid = int((home / "mongodb.pid").read_text().split()[0])

    def hang(self):
        os.kill(self.pid, signal.SIGSTOP)

    def answer(self):
        os.kill(self.pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = tmp_path_factory.mktemp("outage")
    server = Server(home)
    yield server
    server.answer()
    pidfiles.stop(home / "mongodb.pid")


@pytest.fixture(autouse=True)
def _continued(server):
    """Let the server answer again after a test that failed while it was stopped."""
    yield
    server.answer()


@pytest.fixture(scope="module")
def portal(server, shared_gunicorn):
    portal = shared_gunicorn(MONGODB_URI=server.uri, MONGODB_TIMEOUT_MS=str(int(TIMEOUT_S * 1000)))
    until(lambda: portal.get("/api/v1/missions").status == 200)
    return portal


def uncached(portal, numbers):
    return [portal.get(f"/api/v1/missions?limit={number}") for number in numbers]


def durations_of_errors_ms(portal, count):
    def durations_ms():
        return [line["duration_ms"] for line in portal.lines() if line.get("status") == 503]

    until(lambda: len(durations_ms()) >= count)
    return durations_ms()


def changes(portal):
    return [line["event"] for line in portal.lines() if line["event"].startswith("circuit_breaker")]


def is_open(portal):
    return portal.metric_values()["halocline_circuit_breaker_open", "mongodb"] == 1


def test_an_election_does_not_open_the_breaker(server, portal):
    with MongoClient[Any](server.uri) as client:
        client.admin.command("replSetStepDown", 2, force=True)
        statuses = [answer.status for answer in uncached(portal, range(1, 31))]
        until(lambda: client.admin.command("hello")["isWritablePrimary"])

    assert set(statuses) == {200}


def test_a_mongodb_that_hangs_costs_few_requests_its_timeout_and_none_its_recovery(server, portal):
    page = portal.get(CACHED)
    server.hang()
    # Not the pages of the test before, which are cached.
    answers = uncached(portal, range(51, 71))
    took_ms = durations_of_errors_ms(portal, len(answers))
    during = is_open(portal)
    error_page = portal.get("/missions?year=1999")
    cached = portal.get(CACHED)
    server.answer()
    recovered_at = monotonic()
    until(lambda: portal.get("/api/v1/missions?limit=99").status == 200)
    recovery_s = monotonic() - recovered_at

    assert {(answer.status, answer.headers["Retry-After"]) for answer in answers} == {(503, "10")}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert sum(took > TIMEOUT_S * 1000 * 0.9 for took in took_ms) <= NEEDED.failures_until_open
    # A tenth of the timeout leaves a margin for a busy machine: the responses take two milliseconds.
    assert median(took_ms[NEEDED.failures_until_open :]) < TIMEOUT_S * 1000 / 10
    assert (error_page.status, error_page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert (page.status, cached.status, cached.body) == (200, 200, page.body)
    assert recovery_s < DRIVER_LOOKS_EVERY_S / 2
    assert (during, is_open(portal)) == (True, False)
    # The log is of both tests: the election before has added no line.
    assert changes(portal) == ["circuit_breaker_opened", "circuit_breaker_closed"]


def test_slow_queries_do_not_open_the_breaker(db):
    db.things.insert_one({})
    with pymongo.timeout(0.2), pytest.raises(PyMongoError) as slow:
        db.things.find_one({"$where": "sleep(500) || true"})
    # The client's deadline may end a query before the server does: the error is then that of a server that hangs.
    _ = [extensions.mongo.note_failure(error) for error in [slow.value, NetworkTimeout("")] * 10]

    assert slow.value.timeout
    assert not extensions.mongo.breaker.is_open


def test_closing_a_cursor_and_the_client_has_a_deadline(server, settings):
    own = {"mongodb_uri": server.uri, "mongodb_timeout_ms": int(TIMEOUT_S * 1000)}
    extensions.mongo.bind(settings.model_copy(update=own))
    extensions.mongo.db.things.insert_many([{} for _ in range(10)])
    cursor = extensions.mongo.db.things.find().batch_size(2)
    next(cursor)
    server.hang()
    started_s = monotonic()
    cursor.close()
    extensions.mongo.close()
    took_s = monotonic() - started_s
    server.answer()

    # Without a deadline both last until the driver's monitor detects the outage, after ten seconds.
    assert took_s < DRIVER_LOOKS_EVERY_S


def test_a_refused_operation_is_no_failure(db):
    _ = [extensions.mongo.note_failure(CircuitOpen("")) for _ in range(10)]

    assert not extensions.mongo.breaker.is_open
