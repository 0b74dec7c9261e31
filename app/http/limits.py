"""Bounds how many requests a worker answers at once, so that an overload is refused quickly and probes get through."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from app import metrics
from app.http import probes, problems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A short queue smooths bursts. Waiting longer than the second that 99 % of answers take helps nobody.
WAIT_S = 1.0
# Threads that neither work nor wait: one for a probe, one to turn requests away.
FREE_THREADS = 2
# For each piece of an answer, whole pages of up to a megabyte: a phone with a bad link takes 10 s for most of that.
SEND_TIMEOUT_S = 20.0
# Long enough for a burst to pass, short enough that a visitor does not give up.
RETRY_AFTER_S = 2


class ConcurrencyLimit:
    """Wraps a WSGI application: at most `limit` requests inside, `waiters` in front for at most `wait_s`, else 503.

    A request is inside until its body is closed. Probes always pass.
    """

    def __init__(self, app: "WSGIApplication", limit: int, waiters: int, wait_s: float = WAIT_S) -> None:
        self._app = app
        self._places = threading.Semaphore(limit)
        self._waiting = threading.Semaphore(waiters)
        self._wait_s = wait_s

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        if not self._enter():
            metrics.requests_shed.labels("concurrency").inc()
            detail = "Too many requests at once; please try again in a moment."
            return problems.plain(environ, start_response, 503, detail, retry_after_s=RETRY_AFTER_S)
        if (connection := environ.get("gunicorn.socket")) is not None:
            # gunicorn sets none: a reader who stands still would hold a place for as long as it likes.
            connection.settimeout(SEND_TIMEOUT_S)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._places.release()
            raise
        return ClosingIterator(body, [self._places.release])

    def _enter(self) -> bool:
        if self._places.acquire(blocking=False):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._places.acquire(timeout=self._wait_s)
        finally:
            self._waiting.release()
