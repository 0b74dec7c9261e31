"""Decides where a request is answered: in the event loop, in a thread, or not at all because of overload."""

import logging
from collections import deque
from collections.abc import Callable
from time import monotonic

from app.server.connection import Connection
from app.server.readiness import Readiness, Ready
from app.server.refusal import NO_THREAD

log = logging.getLogger(__name__)

# A short queue smooths bursts. 99 % of responses take less than a second, so a longer wait would not help.
QUEUE_TIMEOUT_S = 1.0
# For a page that another request renders now; after it, the request renders the page itself.
SHARE_TIMEOUT_S = 2.0


class Dispatcher:
    """All methods run in the event loop. At most `limit` requests render at once; the others wait in a queue.

    A response that a thread streams does not count, as long as `limit` other threads are left.
    """

    def __init__(
        self,
        limit: int,
        threads: int,
        *,
        ready: Ready,
        answer: Callable[[Connection], None],
        start: Callable[[Connection], None],
    ) -> None:
        self._limit, self._threads = limit, threads
        self._ready, self._answer, self._start = ready, answer, start
        self._rendering: set[Connection] = set()
        self._streaming: set[Connection] = set()
        # With the time at which the request is refused.
        self._queue: deque[tuple[float, Connection]] = deque()
        # With the time from which the request renders the page itself.
        self._sharing: deque[tuple[float, Connection]] = deque()

    @property
    def busy(self) -> int:
        """The number of threads that work for a request."""
        return len(self._rendering) + len(self._streaming)

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a thread or for a page."""
        return len(self._queue) + len(self._sharing)

    def dispatch(self, connection: Connection) -> None:
        """Answer the request of this connection, now or later."""
        now_s = monotonic()
        self._assign(connection, now_s + QUEUE_TIMEOUT_S, now_s + SHARE_TIMEOUT_S)

    def streams(self, connection: Connection) -> None:
        """The thread of this connection has begun to send a body."""
        if connection in self._rendering and len(self._streaming) < self._threads - self._limit:
            self._rendering.discard(connection)
            self._streaming.add(connection)

    def finished(self, connection: Connection) -> None:
        """The thread of this connection is free again."""
        self._rendering.discard(connection)
        self._streaming.discard(connection)

    def advance(self) -> None:
        """Answer the requests whose turn has come, and refuse those that have waited too long."""
        now_s = monotonic()
        for _ in range(len(self._sharing)):
            share_until_s, connection = self._sharing.popleft()
            self._assign(connection, now_s + QUEUE_TIMEOUT_S, share_until_s)
        while self._queue and self._has_capacity():
            refuse_at_s, connection = self._queue.popleft()
            # Another request may have rendered the page in the meantime.
            self._assign(connection, refuse_at_s, refuse_at_s)
        while self._queue and now_s >= self._queue[0][0]:
            self._refuse(self._queue.popleft()[1])

    def _has_capacity(self) -> bool:
        return len(self._rendering) < self._limit and self.busy < self._threads

    def _assign(self, connection: Connection, refuse_at_s: float, share_until_s: float) -> None:
        readiness = self._readiness(connection)
        if readiness is Readiness.NOW:
            self._answer(connection)
        elif readiness is Readiness.SOON and monotonic() < share_until_s:
            self._sharing.append((share_until_s, connection))
        elif self._has_capacity():
            self._rendering.add(connection)
            self._start(connection)
        else:
            self._queue.append((refuse_at_s, connection))

    def _readiness(self, connection: Connection) -> Readiness:
        try:
            return self._ready(connection.present().environ)
        except Exception:
            # The thread will meet the same fault, and answers 500.
            log.exception("The readiness of a request is unknown.")
            return Readiness.THREAD

    def _refuse(self, connection: Connection) -> None:
        connection.present().refuse(NO_THREAD)
        self._answer(connection)
