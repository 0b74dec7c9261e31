"""Load shedding: a worker runs a bounded number of requests, refuses the rest quickly, and keeps threads for probes."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from app.config import Settings
from app.http import probes, problems
from app.telemetry import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A short queue smooths bursts. 99 % of responses take less than a second, so a longer wait would not help.
QUEUE_TIMEOUT_S = 1.0
# Threads that neither run nor queue a request: one for a probe, one to refuse requests.
FREE_THREADS = 2
# How long to wait for a free thread when threads are only sending; stalled clients can delay a probe by no more than
# this.
THREAD_TIMEOUT_S = 0.05
# For each chunk of a response, which may be a page of a megabyte: a phone on a slow link takes up to 10 s for it.
SEND_TIMEOUT_S = 20.0
# Long enough for a burst to pass, short enough that a visitor does not give up.
RETRY_AFTER_S = 2


class Capacity:
    """Counts the requests that run in a worker (at most `limit`) and those that wait (at most `queue_limit`)."""

    def __init__(self, limit: int, queue_limit: int, queue_timeout_s: float = QUEUE_TIMEOUT_S) -> None:
        self.max_requests = limit + queue_limit
        self._free = limit
        self._free_in_queue = queue_limit
        self._queue_timeout_s = queue_timeout_s
        self._changed = threading.Condition()

    @classmethod
    def of(cls, settings: Settings) -> "Capacity":
        """The concurrency limit of the settings; the other threads queue, but for `FREE_THREADS`."""
        limit = settings.web_concurrency_limit
        return cls(limit, max(settings.web_threads - limit - FREE_THREADS, 0))

    def is_exhausted(self) -> bool:
        """True if the limit is reached and the queue is full."""
        return self._free == 0 and self._free_in_queue == 0

    def acquire(self) -> bool:
        """Reserve capacity for one request, after a wait in the queue if needed. False if there is none in time."""
        with self._changed:
            if self._free == 0:
                if self._free_in_queue == 0:
                    return False
                self._free_in_queue -= 1
                try:
                    if not self._changed.wait_for(lambda: self._free > 0, self._queue_timeout_s):
                        return False
                finally:
                    self._free_in_queue += 1
            self._free -= 1
            return True

    def release(self) -> None:
        """Return the capacity of one request."""
        with self._changed:
            self._free += 1
            self._changed.notify()


class ConcurrencyLimit:
    """WSGI layer around what renders: runs a request when there is capacity for it, else answers 503.

    A request holds its capacity until its body is closed. Probes always pass.
    """

    def __init__(self, app: "WSGIApplication", capacity: Capacity) -> None:
        self._app = app
        self._capacity = capacity

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        if not self._capacity.acquire():
            return _shed(environ, start_response)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._capacity.release()
            raise
        return ClosingIterator(body, [self._capacity.release])


class ThreadReserve:
    """WSGI layer around all others: at most `threads` requests enter, so that threads stay free for probes.

    Probes always pass. When all threads are busy, a request waits briefly, because most threads only send a finished
    response. It does not wait when rendering capacity `is_exhausted`.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        threads: int,
        is_exhausted: Callable[[], bool],
        timeout_s: float = THREAD_TIMEOUT_S,
    ) -> None:
        self._app = app
        self._threads = threading.Semaphore(threads)
        self._is_exhausted = is_exhausted
        self._timeout_s = timeout_s

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        if not self._threads.acquire(blocking=False) and (
            self._is_exhausted() or not self._threads.acquire(timeout=self._timeout_s)
        ):
            return _shed(environ, start_response)
        if (connection := environ.get("gunicorn.socket")) is not None:
            # gunicorn sets no send timeout: a client that stops reading would hold a thread for as long as it likes.
            connection.settimeout(SEND_TIMEOUT_S)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._threads.release()
            raise
        return ClosingIterator(body, [self._threads.release])


def _shed(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    metrics.requests_shed.labels("concurrency").inc()
    detail = "Too many requests at once; please try again in a moment."
    return problems.plain(environ, start_response, 503, detail, retry_after_s=RETRY_AFTER_S)
