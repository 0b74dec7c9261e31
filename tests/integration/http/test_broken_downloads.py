"""A download that fails before the first byte of its body: a problem document with the headers of all responses."""

import socket
import socketserver
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from app.ingest import importer
from tests.made_files import rows, time_series

from .conftest import until

# The response of the first read holds the first twenty documents of samples, one for each profile.
PROFILES = 60


class ActAtNextBatch(socketserver.ThreadingTCPServer):
    """A proxy before MongoDB that acts when a next batch of samples is requested; `act` returns True to cut it off."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host, port):
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target, self.batches, self.act = (host, port), 0, lambda: True

    @property
    def uri(self):
        return f"mongodb://127.0.0.1:{self.server_address[1]}/?directConnection=true"


class _Connection(socketserver.BaseRequestHandler):
    server: ActAtNextBatch

    def handle(self):
        with socket.create_connection(self.server.target) as upstream:
            threading.Thread(target=self._copy, args=(upstream,), daemon=True).start()
            with suppress(OSError):
                while data := self.request.recv(65_536):
                    if b"getMore" in data and b"samples" in data:
                        self.server.batches += 1
                        if self.server.act():
                            return
                    upstream.sendall(data)

    def _copy(self, upstream):
        with suppress(OSError):
            while data := upstream.recv(65_536):
                self.request.sendall(data)


@pytest.fixture
def proxy(settings):
    address = urlsplit(settings.mongodb_uri)
    with ActAtNextBatch(address.hostname, address.port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


DATA = "/api/v1/missions/made/20200913T1226/data?format=netcdf"


@pytest.fixture
def portal(gunicorn, proxy, db, tools, blank_pictures, tmp_path):
    (report,) = importer.real([time_series(tmp_path / "a.nc", rows(profiles=PROFILES))], tools)
    assert report.outcome == "stored"
    return gunicorn(MONGODB_URI=proxy.uri)


def common_headers(answer):
    """The headers that every response has, but for its own id."""
    assert answer.headers["X-Request-ID"]
    names = ("Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Access-Control-Allow-Origin")
    return {name: answer.headers.get(name) for name in names}


def log_of_download(portal):
    """The status of the download in the log, and whether its body was complete; no line is an error."""
    (line,) = until(lambda: [line for line in portal.lines() if str(line.get("path")).endswith("/data")])
    assert [line for line in portal.lines() if line.get("level") == "error"] == []
    return line["status"], line["complete"]


def test_a_download_without_its_database_is_503(portal, proxy):
    answer = portal.get(DATA)

    assert proxy.batches
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["detail"] == "MongoDB is not available at the moment"
    assert log_of_download(portal) == (503, False)
    assert portal.requests_by_status()["503"] == 1


def test_a_download_whose_data_are_replaced_is_409(portal, proxy, db):
    proxy.act = lambda: bool(db.samples.delete_many({}) is None)

    answer = portal.get(DATA)

    assert proxy.batches
    assert (answer.status, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert answer.json["detail"] == "The data were replaced during the download; please try again."
    assert log_of_download(portal) == (409, False)


def test_a_failed_download_has_the_headers_of_every_response(portal, proxy):
    failed, other = portal.get(DATA), portal.get("/api/v1/missions/made/nothing")

    assert (failed.status, other.status) == (503, 404)
    assert common_headers(failed) == common_headers(other)
    assert None not in common_headers(failed).values()
