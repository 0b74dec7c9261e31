"""gunicorn with the portal's settings: graceful shutdown, load shedding, and operation without its dependencies."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import ROOT, until

UNREACHABLE = "mongodb://127.0.0.1:9"


def active(portal):
    return portal.metric_values().get(("http_server_active_requests", "GET"), 0)


def ready(portal):
    return portal.get("/readyz").status == 200


def requests(portal):
    return [line for line in portal.lines() if line["event"] == "request"]


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_a_request_in_flight_survives_sigterm(gunicorn, pool):
    portal = gunicorn(HALOCLINE_FAULT_DELAY_S="2", WEB_CONCURRENCY_LIMIT="5")
    slow = [pool.submit(portal.get, "/api/v1/nothing") for _ in range(5)]
    until(lambda: active(portal) == 5)

    assert portal.stop() == 0
    assert [answer.result().status for answer in slow] == [404] * 5


def test_a_draining_worker_is_unready_at_once_and_finishes_open_requests(gunicorn, db, pool):
    portal = gunicorn(HALOCLINE_FAULT_DELAY_S="2")
    until(lambda: ready(portal))
    slow = pool.submit(portal.get, "/api/v1/nothing")
    kept_alive = portal.connection()
    before = portal.get("/readyz", kept_alive)
    until(lambda: active(portal) == 1)
    portal.child.terminate()
    # The arbiter passes the signal on: on a busy machine the worker serves a moment longer.
    during = until(lambda: (answer := portal.get("/readyz", kept_alive)).status == 503 and answer)
    kept_alive.close()

    assert before.status == 200
    assert during.json["reasons"] == ["draining"]
    assert during.headers["Connection"] == "close"
    assert slow.result().status == 404


def test_an_overloaded_worker_sheds_and_still_answers_probes(gunicorn, pool):
    portal = gunicorn(WEB_THREADS="6", WEB_CONCURRENCY_LIMIT="3", HALOCLINE_FAULT_DELAY_S="4")
    working = [pool.submit(portal.get, "/api/v1/nothing") for _ in range(3)]
    until(lambda: active(portal) == 3)
    excess = [pool.submit(portal.get, "/api/v1/nothing") for _ in range(8)]
    probes = [portal.get("/livez").status for _ in range(10)]
    refused = [answer.result() for answer in excess]
    still_working = [answer.done() for answer in working]

    assert probes == [200] * 10
    assert {answer.status for answer in refused} == {503}
    assert {answer.headers["Retry-After"] for answer in refused} == {"2"}
    assert still_working == [False] * 3
    assert [answer.result().status for answer in working] == [404] * 3
    assert portal.metric_values()["halocline_requests_shed_total", "concurrency"] == 8


def test_without_mongodb_at_the_start_it_reports_unready_with_the_reason(gunicorn):
    portal = gunicorn(MONGODB_URI=UNREACHABLE)
    until(lambda: portal.get("/startupz").status == 200)
    until(lambda: portal.get("/readyz").json["reasons"] != ["waiting for the first checks"])
    readiness = portal.get("/readyz")

    assert (readiness.status, readiness.json["reasons"]) == (503, ["waiting for MongoDB"])
    assert portal.get("/livez").status == 200
    assert [line["waiting_for"] for line in portal.lines() if line["event"] == "not_ready"] == ["MongoDB"]
    assert portal.worker_starts() == 1


def test_without_mongodb_a_read_is_answered_503_within_the_timeout(gunicorn, settings):
    # On a busy machine the response is later than the timeout, but long before the one of the other tests.
    portal = gunicorn(MONGODB_URI=UNREACHABLE, MONGODB_TIMEOUT_MS="300")
    answer = portal.get("/api/v1/missions")
    [line] = until(lambda: requests(portal))

    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert 290 < line["duration_ms"] < settings.mongodb_timeout_ms


def test_the_portal_becomes_ready_with_mongodb(gunicorn, db):
    portal = gunicorn()

    assert until(lambda: ready(portal))
    assert portal.metric_values()["halocline_dependency_up", "mongodb"] == 1


def test_the_series_of_uploads_exist_at_0_before_the_first_one(gunicorn, db):
    portal = gunicorn()

    assert until(lambda: ready(portal))
    # An alert on an increase, and panels of a portal without uploads, need them.
    values = portal.metric_values()
    assert [values[name] for name in [
        ("halocline_uploads_not_queued_total",), ("halocline_uploads_in_progress",), ("halocline_upload_bytes_total",),
        ("halocline_uploads_total", "received"), ("halocline_positions_total", "newest"),
    ]] == [0] * 5  # fmt: skip


def test_without_redis_no_request_fails(gunicorn, db):
    portal = gunicorn(REDIS_URL="redis://127.0.0.1:9/0")

    assert until(lambda: ready(portal))
    assert [portal.get(path).status for path in ("/", "/missions", "/api/v1/missions")] == [200] * 3
    assert portal.metric_values()["halocline_dependency_up", "redis"] == 0


def test_every_log_line_is_json_and_a_request_is_one_of_them(gunicorn):
    portal = gunicorn()
    _ = [portal.get(path) for path in ("/api/v1/nothing?token=hunter2", "/livez", "/readyz")]
    portal.stop()

    assert [(line["path"], line["status"]) for line in requests(portal)] == [("/api/v1/nothing", 404)]
    assert "hunter2" not in portal.log.read_text()


def test_all_invalid_settings_are_reported_together(start):
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py")]
    process = start(command, 0, WEB_THREADS="0", MONGODB_URI="postgres://x", HALOCLINE_ENVIRONMENT="moon")

    assert process.child.wait(60) == 2
    assert sorted(line.split(":")[0] for line in process.log.read_text().splitlines()) == [
        "HALOCLINE_ENVIRONMENT", "MONGODB_URI", "WEB_THREADS",
    ]  # fmt: skip


def test_a_web_process_in_production_requires_its_public_address(start):
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py")]
    process = start(command, 0, HALOCLINE_ENVIRONMENT="production")

    assert process.child.wait(60) == 2
    assert process.log.read_text().startswith("HALOCLINE_PUBLIC_URL: is required in production")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"G\x00T / HTTP/1.1\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["no-host", "two-hosts", "odd-method", "long-path"],
)
def test_invalid_http_is_a_client_error(request_bytes, gunicorn):
    connection = gunicorn().connection()
    connection.connect()
    connection.sock.sendall(request_bytes)
    status_line = connection.sock.recv(64)
    connection.close()

    assert status_line.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("script_name", ["/x", "//evil.example"])
def test_a_script_name_header_changes_no_link(script_name, gunicorn, db):
    portal = gunicorn(FORWARDED_ALLOW_IPS="*")
    link = portal.connection()
    link.request("GET", f"{script_name}/missions", headers={"SCRIPT_NAME": script_name, "Connection": "close"})
    moved = link.getresponse()
    moved.read()
    link.request("GET", "/", headers={"SCRIPT_NAME": script_name, "Connection": "close"})
    page = link.getresponse()
    body = page.read()
    link.close()

    assert (moved.status, page.status) == (404, 200)
    assert script_name.encode() + b"/" not in body


def test_threads_of_a_worker_share_two_arenas_of_the_heap(gunicorn, pool):
    portal = gunicorn(HALOCLINE_PAGE_CACHE_BYTES="0")
    assert {answer.status for answer in pool.map(portal.get, ["/api/v1/openapi.json"] * 100)} <= {200, 503}
    (worker,) = portal.workers()
    # glibc reserves 64 MiB, up to a multiple of 64 MiB, for each arena but the main one; most of it is inaccessible.
    reserved = [each for each in worker.memory_maps(grouped=False) if each.perms == "---p"]
    ends = [int(each.addr.partition("-")[2], 16) for each in reserved if each.size > 1 << 20]
    assert len([end for end in ends if end % (64 << 20) == 0]) <= 1
