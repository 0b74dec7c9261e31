"""A WSGI application for the tests of the worker class. `/wait/NAME` responds when the file NAME exists."""

import hashlib
import os
import threading
import time
from pathlib import Path

from app.server.event_source import SOURCE
from app.server.refusal import REFUSAL
from app.server.request_body import Incomplete, TooSlow

CHUNK = b"0123456789abcdef" * 4096
# The open responses of `/events?now`; `/send/<bytes>?now` sends an event of so many bytes to all of them.
sources: list["Source"] = []


class Source:
    def opened(self, stream):
        self.stream = stream
        sources.append(self)
        self.is_clear = stream.send(b"opened\n")

    def drained(self):
        self.is_clear = self.stream.send(b"drained\n")

    def ended(self):
        sources.remove(self)


def end_all():
    for source in sources.copy():
        source.stream.end(b"bye\n")


def application(environ, start_response):
    if (refusal := environ.get(REFUSAL)) is not None:
        return _text(start_response, f"{refusal.status} Refused", refusal.detail.encode())
    path = environ["PATH_INFO"]
    if path.startswith("/wait/"):
        _wait(path.removeprefix("/wait/"))
    if path.startswith(("/body/read", "/small", "/collected/read", "/patient/read")):
        return _read(environ, start_response)
    if path.startswith(("/body/late/", "/collected/late/")):
        _wait(path.rpartition("/")[2])
        return _read(environ, start_response)
    if path == "/events":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        environ[SOURCE] = Source()
        return [b"begin\n"]
    if path.startswith("/send/"):
        data = b"x" * int(path.removeprefix("/send/")) + b"\n"
        clear = [source for source in sources if source.is_clear]
        for source in clear:
            source.is_clear = source.stream.send(data)
        return _text(start_response, "200 OK", f"sent to {len(clear)}".encode())
    if path == "/open-events":
        return _text(start_response, "200 OK", f"open: {len(sources)}".encode())
    if path == "/stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return (CHUNK for _ in range(int(environ["QUERY_STRING"])))
    if path == "/broken-stream":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return _broken()
    if path == "/large":
        return _text(start_response, "200 OK", CHUNK * int(environ["QUERY_STRING"]))
    if path == "/broken-body":
        _text(start_response, "200 OK", b"0123456789")
        return _broken()
    if path == "/os-error":
        raise FileNotFoundError("a fault of the application")
    if path == "/error":
        raise ValueError("a fault of the application")
    if path == "/threads":
        return _text(start_response, "200 OK", str(threading.active_count()).encode())
    if path == "/thread":
        return _text(start_response, "200 OK", threading.current_thread().name.encode())
    return _text(start_response, "200 OK", f"{environ['REQUEST_METHOD']} {path}".encode())


def _wait(name):
    while not Path(os.environ["SERVER_TEST_FOLDER"], name).exists():
        time.sleep(0.01)


def _read(environ, start_response):
    """The digest of the body, and the name of the thread that read it."""
    digest, buffer = hashlib.sha256(), bytearray(100_000)
    try:
        while count := environ["wsgi.input"].readinto(buffer):
            digest.update(buffer[:count])
    except Incomplete:
        return _text(start_response, "400 Bad Request", b"incomplete")
    except TooSlow:
        return _text(start_response, "408 Request Timeout", b"too slow")
    return _text(start_response, "200 OK", f"{digest.hexdigest()} {threading.current_thread().name}".encode())


def _text(start_response, status, body):
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _broken():
    yield CHUNK
    raise ValueError("a fault in the body")
