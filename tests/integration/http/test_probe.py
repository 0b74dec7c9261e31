"""`halocline probe` against a running portal, and against servers that answer wrongly."""

import http.server
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from app import cli
from app.localdev.ports import free_port
from app.store import documents
from tests.integration.http.conftest import Process, until
from tests.made_missions import make_mission

LANDING = b'<link rel="stylesheet" href="/static/site.css"> <a href="/missions/p1/1">'


@pytest.fixture(scope="module")
def portal(shared_gunicorn: Callable[..., Process]) -> Process:
    return shared_gunicorn(HALOCLINE_PAGE_CACHE_BYTES="0", HALOCLINE_SEARCHES_PER_MIN="0")


def probe(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, ["probe", *arguments])


def steps(result: Result) -> dict[str, str]:
    """The end of each printed line by the name of the step."""
    lines = [line.split(maxsplit=4) for line in result.output.splitlines()]
    return {line[0]: line[4] for line in lines}


@pytest.fixture
def wrong_server() -> Iterator[Callable[[dict[str, tuple[int, bytes]]], str]]:
    """A function that starts a server with these responses by path, and 404 for others; returns its URL."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(responses: dict[str, tuple[int, bytes]]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = responses.get(self.path.partition("?")[0], (404, b"none"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return None

        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_journey_walks_the_pages_of_a_visitor(portal: Process, db: Any) -> None:
    db.missions.insert_one(documents.mission_to_document(make_mission(1)))

    result = probe(f"http://127.0.0.1:{portal.port}", "--once")

    assert result.exit_code == 0, result.output
    assert steps(result) == dict.fromkeys(["landing", "style", "missions", "mission", "search", "api"], "ok")


@pytest.mark.usefixtures("db")
def test_an_archive_without_missions_is_no_failure(portal: Process) -> None:
    result = probe("http://portal.example", "--connect", f"127.0.0.1:{portal.port}", "--once")

    assert result.exit_code == 0, result.output
    assert list(steps(result)) == ["landing", "style", "missions", "search", "api"]


@pytest.mark.parametrize(
    ("responses", "last", "problem"),
    [
        ({}, "landing", "status 404"),
        ({"/": (200, b"")}, "landing", "an empty body"),
        ({"/": (200, b"<html>")}, "style", "the landing page names no style sheet"),
        ({"/": (200, LANDING)}, "style", "status 404"),
        ({"/": (200, LANDING), "/static/site.css": (200, b"\xff")}, "style", "UnicodeDecodeError"),
        (
            {"/": (200, LANDING), "/static/site.css": (200, b"a"), "/missions": (503, b"x")},
            "missions",
            "status 503",
        ),
        (
            {
                "/": (200, LANDING),
                "/static/site.css": (200, b"a"),
                "/missions": (200, b"none"),
                "/search": (200, b"none"),
                "/api/v1/totals": (200, b"<html>"),
            },
            "api",
            "JSONDecodeError",
        ),
    ],
)
def test_a_journey_ends_at_the_step_that_failed_and_names_it(
    responses: dict[str, tuple[int, bytes]], last: str, problem: str, wrong_server: Callable[..., str]
) -> None:
    result = probe(wrong_server(responses), "--once")

    assert result.exit_code == 1
    assert list(steps(result))[-1] == last
    assert problem in steps(result)[last]


def test_a_server_that_sends_a_byte_now_and_then_is_too_slow() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            for _ in range(300):
                connection.sendall(b"x")
                time.sleep(0.1)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    result = probe(f"http://127.0.0.1:{listener.getsockname()[1]}", "--once", "--timeout", "1")
    thread.join(60)
    listener.close()

    assert (result.exit_code, steps(result)) == (1, {"landing": "no complete response within 1 s"})


def test_no_server_is_a_failure_and_no_traceback() -> None:
    result = probe(f"http://127.0.0.1:{free_port()}", "--once")

    assert (result.exit_code, steps(result)["landing"].split(":")[0]) == (1, "ConnectionRefusedError")


@pytest.mark.parametrize(
    "arguments",
    [["ftp://a"], ["http://a/path"], ["http://a:x"], ["http://a", "--connect", "b"], ["http://a", "--bind", "b:x"]],
)
def test_wrong_options_are_named(arguments: list[str]) -> None:
    result = probe(*arguments)

    assert result.exit_code == 2
    assert "Invalid value" in result.output


def test_the_results_are_served_for_prometheus_until_sigterm(portal: Process, start: Callable[..., Process]) -> None:
    port = free_port()
    command = [sys.executable, "-m", "app.cli", "probe", f"http://127.0.0.1:{portal.port}", "--every", "1"]
    process = start([*command, "--bind", f"127.0.0.1:{port}"], port)

    def values() -> dict[tuple[str, ...], float]:
        text = process.get("/metrics").body.decode()
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    until(lambda: values().get(("halocline_probe_journeys_total", "success"), 0) >= 2)
    found = values()
    assert found["probe_success",] == 1
    assert 0 < found["probe_duration_seconds",] < 60
    assert found["halocline_probe_step_duration_seconds", "landing"] > 0
    assert found["halocline_probe_journeys_total", "failure"] == 0

    portal_is_gone = portal.child
    portal_is_gone.terminate()
    until(lambda: values()["probe_success",] == 0)
    assert values()["halocline_probe_failures_total", "landing"] >= 1
    assert process.stop() == 0
    assert [line["event"] for line in process.lines()][:2] == ["probe_serving", "journey_failed"]
