"""The outermost layer: counts, times and logs each request once, when its body closes, whoever answered it."""

import itertools
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, request

from app import logs, metrics
from app.errors import Conflict
from app.http import probes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "halocline.route"
REQUEST_ID = "halocline.request_id"
# Set by whoever answers with a body that takes as long as its reader does.
EXPORT = "halocline.export"
STATIC = "/static/<path:filename>"

# An id from outside is kept when it is one that every proxy and log store can take.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Long enough for every path of ours; what is longer is somebody's experiment.
_LOGGED_PATH_LENGTH = 256


def name_routes(app: Flask) -> None:
    """Tells the layer outside which URL rule a request matched. To be installed before any other `before_request`."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule


# Looking a child up by its labels costs as much as counting; there are as many as there are routes and statuses.
_active = cache(metrics.active_requests.labels)
_durations = cache(metrics.request_duration.labels)


class Observe:
    """Wraps a WSGI application. Exceptions of the layers within count as 500 and go on to the server."""

    def __init__(self, app: "WSGIApplication", clock: Callable[[], float] = perf_counter) -> None:
        self._app = app
        self._clock = clock
        # Random once a worker and counted then: the system's randomness costs a call for each request.
        self._word, self._number = secrets.token_hex(8), itertools.count()

    def _id(self, given: str) -> str:
        return given if _REQUEST_ID.fullmatch(given) else f"{self._word}{next(self._number):016x}"

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        request_id = self._id(environ.get("HTTP_X_REQUEST_ID", ""))
        exchange = _Exchange(environ, start_response, self._clock, request_id)
        try:
            exchange.body = self._app(environ, exchange.start_response)
        except BaseException:
            exchange.failed()
            raise
        return exchange


class _Exchange:
    """One request and its answer; the answer's body, as the server sees it."""

    body: Iterable[bytes]

    def __init__(
        self,
        environ: "WSGIEnvironment",
        start_response: "StartResponse",
        clock: Callable[[], float],
        request_id: str,
    ) -> None:
        self._environ = environ
        self._start_response = start_response
        self._clock = clock
        self._began = clock()
        self._method = metrics.method_label(environ.get("REQUEST_METHOD", ""))
        self._path = environ.get("PATH_INFO", "")
        self._status = 500  # Until the application says otherwise: an answer that never starts is an error.
        self._bytes = 0
        self._complete = False
        self._closed = False
        self._first_byte_s: float | None = None
        self._chunks: Iterator[bytes] | None = None
        self._request_id = request_id
        environ[REQUEST_ID] = request_id
        # The one thing that is ever bound: it takes the place of the request's before on this thread.
        structlog.contextvars.bind_contextvars(request_id=self._request_id)
        _active(self._method).inc()
        metrics.worker_threads_busy.inc()

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self._status = int(status[:3])
        return self._start_response(status, [*headers, ("X-Request-ID", self._request_id)], exc_info)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._chunks is None:
                self._chunks = iter(self.body)
            chunk = next(self._chunks)
        except StopIteration:
            self._complete = True
            raise
        except Conflict:
            # What was being read is no more, or the reader took too long: broken off on purpose, and no fault of ours.
            raise
        except BaseException:
            self._status = 500
            raise
        if EXPORT in self._environ and self._first_byte_s is None:
            self._first_byte_s = self._clock() - self._began
        self._bytes += len(chunk)
        return chunk

    def failed(self) -> None:
        """The application raised instead of answering."""
        self._status = 500
        self._finish()

    def close(self) -> None:
        """Called by the server when the answer is out, and also when the client has gone away before."""
        try:
            if hasattr(body := self.body, "close"):
                body.close()
        except BaseException:
            self._status = 500
            raise
        finally:
            self._finish()

    def _finish(self) -> None:
        if self._closed:
            return
        self._closed = True
        duration_s = self._clock() - self._began
        route = self._environ.get(ROUTE) or (STATIC if self._path.startswith("/static/") else metrics.UNMATCHED)
        metrics.worker_threads_busy.dec()
        _active(self._method).dec()
        # An export lasts as long as its reader's line lets it: objectives are about what we are answerable for.
        ours_s = duration_s if self._first_byte_s is None else self._first_byte_s
        _durations(self._method, route, str(self._status)).observe(ours_s)
        logs.request(
            {
                "method": self._method,
                "route": route,
                "path": _readable(self._path),
                "status": self._status,
                "duration_ms": round(duration_s * 1000, 2),
                "bytes": self._bytes,
                "complete": self._complete,
                "request_id": self._request_id,
            }
        )


def _readable(path: str) -> str:
    """The path as text, shortened. WSGI hands out its bytes as Latin-1. The query is left out: it may hold a key."""
    return path[:_LOGGED_PATH_LENGTH].encode("latin-1", "replace").decode("utf-8", "replace")
