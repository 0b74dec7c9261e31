"""A download whose MongoDB fails before the first byte of the body: 503 like every other failure of the database."""

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


class CutAtNextBatch(socketserver.ThreadingTCPServer):
    """A proxy before MongoDB that closes the connection on which the next batch of samples is requested."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, host, port):
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target, self.cuts = (host, port), 0

    @property
    def uri(self):
        return f"mongodb://127.0.0.1:{self.server_address[1]}/?directConnection=true"


class _Connection(socketserver.BaseRequestHandler):
    server: CutAtNextBatch

    def handle(self):
        with socket.create_connection(self.server.target) as upstream:
            threading.Thread(target=self._copy, args=(upstream,), daemon=True).start()
            with suppress(OSError):
                while data := self.request.recv(65_536):
                    if b"getMore" in data and b"samples" in data:
                        self.server.cuts += 1
                        return
                    upstream.sendall(data)

    def _copy(self, upstream):
        with suppress(OSError):
            while data := upstream.recv(65_536):
                self.request.sendall(data)


@pytest.fixture
def proxy(settings):
    address = urlsplit(settings.mongodb_uri)
    with CutAtNextBatch(address.hostname, address.port) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_download_without_its_database_is_503(gunicorn, proxy, db, tools, blank_pictures, tmp_path):
    (report,) = importer.real([time_series(tmp_path / "a.nc", rows(profiles=PROFILES))], tools)
    assert report.outcome == "stored"
    portal = gunicorn(MONGODB_URI=proxy.uri)

    answer = portal.get("/api/v1/missions/made/20200913T1226/data?format=netcdf")

    assert proxy.cuts
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["detail"] == "MongoDB is not available at the moment"
    (line,) = until(lambda: [line for line in portal.lines() if str(line.get("path")).endswith("/data")])
    assert (line["status"], line["complete"]) == (503, False)
    assert portal.requests_by_status()["503"] == 1
    assert [line for line in portal.lines() if line.get("level") == "error"] == []
