"""Bounds how many requests a worker answers at once, so that an overload is refused quickly and probes get through."""

import threading
from collections.abc import Callable, Iterable
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
# In which a thread comes free while answers are only sent; readers who stand still hold the probes up no longer.
TURN_S = 0.05
# For each piece of an answer, whole pages of up to a megabyte: a phone with a bad link takes 10 s for most of that.
SEND_TIMEOUT_S = 20.0
# Long enough for a burst to pass, short enough that a visitor does not give up.
RETRY_AFTER_S = 2


class ConcurrencyLimit:
    """Wraps what takes its time: at most `limit` requests inside, `waiters` in front for at most `wait_s`, else 503.

    A request is inside until its body is closed. Probes always pass.
    """

    def __init__(self, app: "WSGIApplication", limit: int, waiters: int, wait_s: float = WAIT_S) -> None:
        self._app = app
        self._free = limit
        self._may_wait = waiters
        self._wait_s = wait_s
        self._changed = threading.Condition()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        if not self._enter():
            return _turned_away(environ, start_response)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._leave()
            raise
        return ClosingIterator(body, [self._leave])

    def crowded(self) -> bool:
        """Whether all places are taken, those to wait in as well."""
        return self._free == 0 and self._may_wait == 0

    def _enter(self) -> bool:
        with self._changed:
            if self._free == 0:
                if self._may_wait == 0:
                    return False
                self._may_wait -= 1
                try:
                    if not self._changed.wait_for(lambda: self._free > 0, self._wait_s):
                        return False
                finally:
                    self._may_wait += 1
            self._free -= 1
            return True

    def _leave(self) -> None:
        with self._changed:
            self._free += 1
            self._changed.notify()


class ThreadReserve:
    """Wraps everything: at most `threads` requests inside, so that some are left for probes, which always pass.

    Who finds it full waits a moment, for most answers are there already and only have to be sent; unless what renders
    is `crowded`: then nobody waits.
    """

    def __init__(
        self, app: "WSGIApplication", threads: int, crowded: Callable[[], bool], turn_s: float = TURN_S
    ) -> None:
        self._app = app
        self._threads = threading.Semaphore(threads)
        self._crowded = crowded
        self._turn_s = turn_s

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") in probes.PATHS:
            return self._app(environ, start_response)
        if not self._threads.acquire(blocking=False) and (
            self._crowded() or not self._threads.acquire(timeout=self._turn_s)
        ):
            return _turned_away(environ, start_response)
        if (connection := environ.get("gunicorn.socket")) is not None:
            # gunicorn sets none: a reader who stands still would hold a thread for as long as it likes.
            connection.settimeout(SEND_TIMEOUT_S)
        try:
            body = self._app(environ, start_response)
        except BaseException:
            self._threads.release()
            raise
        return ClosingIterator(body, [self._threads.release])


def _turned_away(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    metrics.requests_shed.labels("concurrency").inc()
    detail = "Too many requests at once; please try again in a moment."
    return problems.plain(environ, start_response, 503, detail, retry_after_s=RETRY_AFTER_S)
