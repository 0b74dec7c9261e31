"""Decides where a request is answered: in the event loop, in a thread, or not at all because of overload."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from app.server.connection import Connection
from app.server.readiness import Readiness, Ready

log = logging.getLogger(__name__)

# A short queue smooths bursts. 99 % of responses take less than a second, so a longer wait would not help.
QUEUE_TIMEOUT_S = 1.0
# For a page that another request renders now; after it, the request renders the page itself.
SHARE_TIMEOUT_S = 2.0
# How often waiting requests are examined, if no thread becomes free.
WAITING_TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that waits: when it is refused, and until when it waits for a page that another one renders."""

    connection: Connection
    refuse_at_s: float
    share_until_s: float


class Dispatcher:
    """All methods run in the event loop. At most `limit` requests render at once; the others wait in a queue.

    Shared pages wait in a queue that comes first: in a new process during a peak, they must not wait behind requests
    whose responses serve one client each.

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
        refuse: Callable[[Connection], None],
    ) -> None:
        self._limit, self._threads = limit, threads
        self._ready, self._answer, self._start, self._refuse = ready, answer, start, refuse
        self._rendering: set[Connection] = set()
        self._streaming: set[Connection] = set()
        self._shared: deque[_Waiting] = deque()
        self._queue: deque[_Waiting] = deque()
        self._sharing: deque[_Waiting] = deque()
        self._examine_at_s = 0.0

    @property
    def busy(self) -> int:
        """The number of threads that work for a request."""
        return len(self._rendering) + len(self._streaming)

    @property
    def waiting(self) -> int:
        """The number of requests that wait for a thread or for a page."""
        return len(self._shared) + len(self._queue) + len(self._sharing)

    def dispatch(self, connection: Connection) -> None:
        """Answer the request of this connection, now or later."""
        now_s = monotonic()
        readiness = self._readiness(connection)
        share_s = SHARE_TIMEOUT_S if readiness is Readiness.SOON else 0.0
        self._assign(_Waiting(connection, now_s + share_s + QUEUE_TIMEOUT_S, now_s + share_s), readiness)

    def streams(self, connection: Connection) -> None:
        """The thread of this connection has begun to send a body."""
        if connection in self._rendering and len(self._streaming) < self._threads - self._limit:
            self._rendering.discard(connection)
            self._streaming.add(connection)

    def finished(self, connection: Connection) -> None:
        """The thread of this connection is free again."""
        self._rendering.discard(connection)
        self._streaming.discard(connection)
        # It may have rendered what others wait for.
        self._examine_at_s = 0.0

    def advance(self) -> None:
        """Answer the requests whose turn has come, and refuse those that have waited too long."""
        now_s = monotonic()
        if now_s >= self._examine_at_s:
            self._examine_at_s = now_s + WAITING_TICK_S
            for _ in range(len(self._sharing)):
                waiting = self._sharing.popleft()
                self._assign(waiting, self._readiness(waiting.connection))
            for queue in (self._shared, self._queue):
                for waiting in [waiting for waiting in queue if now_s >= waiting.refuse_at_s]:
                    queue.remove(waiting)
                    self._refuse(waiting.connection)
        while (queue := self._shared or self._queue) and self._has_capacity():
            waiting = queue.popleft()
            # Another request may have rendered the page in the meantime.
            self._assign(waiting, self._readiness(waiting.connection))

    def _has_capacity(self) -> bool:
        return len(self._rendering) < self._limit and self.busy < self._threads

    def _assign(self, waiting: _Waiting, readiness: Readiness) -> None:
        if readiness is Readiness.NOW:
            self._answer(waiting.connection)
        elif readiness is Readiness.SOON and monotonic() < waiting.share_until_s:
            self._sharing.append(waiting)
        elif self._has_capacity():
            self._rendering.add(waiting.connection)
            self._start(waiting.connection)
        else:
            (self._queue if readiness is Readiness.THREAD else self._shared).append(waiting)

    def _readiness(self, connection: Connection) -> Readiness:
        try:
            return self._ready(connection.present().environ)
        except Exception:
            # The thread will meet the same fault, and answers 500.
            log.exception("The readiness of a request is unknown.")
            return Readiness.THREAD
