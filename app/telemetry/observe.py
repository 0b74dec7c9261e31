"""The outermost layer: counts, times and logs each request once, when its body closes, whichever layer answered it."""

import itertools
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, request

from app.errors import Conflict
from app.http import probes
from app.server.exchange import IN_EVENT_LOOP, RECEIVED_S
from app.server.refusal import FAILURE
from app.telemetry import logs, metrics, request_series

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "halocline.route"
REQUEST_ID = "halocline.request_id"
# Set by the layer of `app.telemetry.tracing`; else the trace is that of the caller, if it names one.
TRACE_ID = "halocline.trace_id"
# Set on streamed downloads, whose duration depends on the client.
EXPORT = "halocline.export"
STATIC = "/static/<path:filename>"
# The stream of live events (app/live).
LIVE = "/live/events"

# A request id from the client is used if every proxy and log store can handle it.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# Longer than every path of the portal.
_LOGGED_PATH_LENGTH = 256


def name_routes(app: Flask) -> None:
    """Pass the matched URL rule to `Observe`. Call it before any other `before_request` is registered."""

    @app.before_request
    def name_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = request.url_rule.rule


# Looking up a child by its labels costs as much as counting. Methods, routes and statuses bound the number of children.
_active = cache(metrics.active_requests.labels)
_durations = cache(metrics.request_duration.labels)


class Observe:
    """WSGI layer. An exception of an inner layer counts as 500 and is raised on to the server."""

    def __init__(self, app: "WSGIApplication", clock: Callable[[], float] = perf_counter) -> None:
        self._app = app
        self._clock = clock
        # Random once a worker, then counted: random bytes would cost a system call for each request.
        self._id_prefix, self._number = secrets.token_hex(8), itertools.count()

    def _id(self, client_id: str) -> str:
        return client_id if _REQUEST_ID.fullmatch(client_id) else f"{self._id_prefix}{next(self._number):016x}"

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
    """One request and its response. The server iterates over it as the body of the response."""

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
        # Includes the time in which the request waited for a thread.
        self._started_s = environ.get(RECEIVED_S) or clock()
        self._method = request_series.method_label(environ.get("REQUEST_METHOD", ""))
        self._path = environ.get("PATH_INFO", "")
        self._status = 500  # Until the application sets another one: a response that never starts is an error.
        self._bytes = 0
        self._complete = False
        self._closed = False
        self._first_byte_s: float | None = None
        self._chunks: Iterator[bytes] | None = None
        self._request_id = request_id
        environ[REQUEST_ID] = request_id
        # Nothing can be seen between the begin and the end of a request that the event loop answers, and a cache hit
        # would take a tenth longer.
        self._is_visible = IN_EVENT_LOOP not in environ
        trace_id = _trace_id(environ)
        self._trace = {} if trace_id is None else {"trace_id": trace_id}
        if self._is_visible:
            # Replaces the ids of the thread's previous request.
            structlog.contextvars.clear_contextvars()
            structlog.contextvars.bind_contextvars(request_id=self._request_id, **self._trace)
            _active(self._method).inc()

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
        except BaseException as error:
            failure = self._environ.get(FAILURE)
            if failure is not None:
                # The server answers with this status if nothing is sent yet.
                self._status = failure.status
            elif not isinstance(error, Conflict):
                # A Conflict ends an export: its version was deleted, or the client was too slow. It is no error.
                self._status = 500
            raise
        if EXPORT in self._environ and self._first_byte_s is None:
            self._first_byte_s = self._clock() - self._started_s
        self._bytes += len(chunk)
        return chunk

    def failed(self) -> None:
        """Record that the application raised an exception."""
        self._status = 500
        self._finish()

    def close(self) -> None:
        """Called by the server after the response, and also if the client disconnected before its end."""
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
        duration_s = self._clock() - self._started_s
        route = self._environ.get(ROUTE) or (STATIC if self._path.startswith("/static/") else request_series.UNMATCHED)
        if self._is_visible:
            _active(self._method).dec()
        # The duration of an export depends on the client's connection; the objectives count the time to its first byte.
        measured_s = duration_s if self._first_byte_s is None else self._first_byte_s
        _durations(self._method, route, str(self._status)).observe(measured_s)
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
                **self._trace,
            }
        )


def _trace_id(environ: "WSGIEnvironment") -> str | None:
    """The trace that the request belongs to (W3C Trace Context), or None."""
    if TRACE_ID in environ:
        return str(environ[TRACE_ID])
    match = _TRACEPARENT.fullmatch(environ.get("HTTP_TRACEPARENT", ""))
    return match[1] if match else None


def known_routes(app: Flask) -> list[str]:
    """All values of the route label: URL rules but for probes, static files, live events, and unmatched paths."""
    # Requests with other methods have the label `__other__`.
    rules = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())} - probes.PATHS
    return sorted(rules | {STATIC, LIVE, request_series.UNMATCHED})


def _readable(path: str) -> str:
    """The path as text, shortened. WSGI passes its bytes as Latin-1. The query is left out: it may contain a secret."""
    return path[:_LOGGED_PATH_LENGTH].encode("latin-1", "replace").decode("utf-8", "replace")
