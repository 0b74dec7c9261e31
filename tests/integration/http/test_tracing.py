"""Traces and error reports reach their receivers, and are off by default. The packages are in a folder of their own."""

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli
import pytest

from .conftest import until
from .raw_requests import head, status_of

PACKAGES = Path(sys.prefix) / "tracing"
TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACED = f"traceparent: 00-{TRACE}-b7ad6b7169203331-01"
UNTRACED = f"traceparent: 00-{TRACE}-b7ad6b7169203331-00"
RECEIVERS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN")
DECODED = {"identity": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


class Receiver:
    """The requests that have arrived: path, headers and body."""

    def __init__(self, port):
        self.port = port
        self.requests = []

    def bodies(self, path):
        return b"".join(body for at, _, body in self.requests if at == path)


@pytest.fixture
def receiver():
    """A server on loopback that accepts everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            decoded = DECODED[self.headers.get("Content-Encoding", "identity")](body)
            received.requests.append((self.path, dict(self.headers), decoded))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        received = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield received
        server.shutdown()
        thread.join()


@pytest.fixture
def traced(gunicorn, receiver):
    """A function that starts a portal with the optional packages; it sends what this receiver expects."""
    assert PACKAGES.is_dir(), "run scripts/setup dev: it installs requirements/tracing.txt"

    def traced(**environ):
        receivers = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}",
            "OTEL_EXPORTER_OTLP_HEADERS": "api-key=k1",
            "SENTRY_DSN": f"http://public@127.0.0.1:{receiver.port}/1",
        }
        return gunicorn(PYTHONPATH=str(PACKAGES), **{**receivers, **environ})

    return traced


def test_a_request_and_its_commands_are_a_trace_of_the_caller(traced, receiver):
    portal = traced(OTEL_TRACES_SAMPLER_ARG="1")
    assert status_of(portal.port, head("GET", "/api/v1/missions", TRACED)) == 200
    assert status_of(portal.port, head("GET", "/stats", UNTRACED)) == 200
    portal.stop()
    spans = receiver.bodies("/v1/traces")

    assert bytes.fromhex(TRACE) in spans
    assert b"GET /api/v1/missions" in spans
    assert b"find missions" in spans
    # The flag of a caller hides no request.
    assert b"GET /stats" in spans
    assert {headers["api-key"] for path, headers, _ in receiver.requests if path == "/v1/traces"} == {"k1"}


def test_a_caller_cannot_have_its_requests_traced(traced, receiver):
    portal = traced(OTEL_TRACES_SAMPLER_ARG="0")
    assert status_of(portal.port, head("GET", "/api/v1/missions", TRACED)) == 200
    portal.stop()

    assert receiver.bodies("/v1/traces") == b""


def test_lines_of_a_traced_request_have_its_trace(gunicorn):
    portal = gunicorn()
    status_of(portal.port, head("GET", "/api/v1/missions", UNTRACED))
    status_of(portal.port, head("GET", "/api/v1/nothing", "traceparent: 00-nonsense-01"))

    def lines():
        return {line["path"]: line.get("trace_id") for line in portal.lines() if "/api/" in line.get("path", "")}

    assert until(lambda: len(lines()) == 2)
    assert lines() == {"/api/v1/missions": TRACE, "/api/v1/nothing": None}


def test_an_error_is_reported_with_its_request(traced, receiver, db):
    # A document that no importer writes: the page that shows it fails.
    db.totals.insert_one({"_id": "fleet", "kind": "fleet"})
    portal = traced()
    assert status_of(portal.port, head("GET", "/api/v1/totals", TRACED, "Cookie: session=hunter2")) == 500
    until(lambda: receiver.bodies("/api/1/envelope/"))
    portal.stop()
    envelope = receiver.bodies("/api/1/envelope/")
    event = next(item for item in map(json.loads, envelope.splitlines()) if "exception" in item)

    assert event["tags"]["trace_id"] == TRACE
    assert event["tags"]["request_id"]
    assert b"hunter2" not in envelope


@pytest.mark.parametrize("setting", RECEIVERS)
def test_without_the_packages_the_setting_is_refused(setting, start):
    process = start(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"], 0, **{setting: "http://k@127.0.0.1:9/1"}
    )

    assert process.child.wait(60) == 2
    assert process.log.read_text() == f"{setting}: needs the packages of requirements/tracing.txt\n"


def test_an_unreachable_receiver_delays_nothing(traced, receiver):
    portal = traced(OTEL_TRACES_SAMPLER_ARG="1", **dict.fromkeys(RECEIVERS, "http://k@127.0.0.1:9/1"))
    statuses = [status_of(portal.port, head("GET", "/api/v1/missions")) for _ in range(20)]

    assert set(statuses) == {200}
    assert portal.stop() == 0
    assert max(line["duration_ms"] for line in portal.lines() if line["event"] == "request") < 5000
