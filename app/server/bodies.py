"""Requests whose body the application reads: a table of routes, and threads of their own for them.

The bodies of all other requests are discarded. An upload occupies a thread for as long as its client sends, so pages
keep their threads. The event loop collects small bodies before a thread runs the application, so that a client that
sends slowly occupies a connection and no thread.
"""

import selectors
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic

from app.server.connection import Connection, State
from app.server.connections import Connections
from app.server.refusal import OVERLOADED, Refusal
from app.server.request_body import CONTINUE, Body, CollectedBody, RequestBody, ShortBody
from app.server.threads import Threads

_METHODS = frozenset({"POST", "PUT"})
_NO_LENGTH = Refusal(411, "The request needs the header Content-Length; chunks of unknown number are not accepted.")
_TOO_LARGE = Refusal(413, "The body of the request is too large.")
_OCCUPIED = Refusal(OVERLOADED, "Too many uploads at once; please try again in a moment.", "bodies")
_SLOW = Refusal(408, "The body arrived too slowly.")
# Collected bodies that wait for a thread or have one, for each thread. The application answers them in milliseconds.
_COLLECTED_PER_THREAD = 8
# Connections of a worker whose body is being collected: 16 MB with 64 kB each.
_MAX_COLLECTING = 256


@dataclass(frozen=True, slots=True)
class BodyRoute:
    """A path, and all below it; the largest body, bytes; and the number of threads for them in a worker.

    With `collect_timeout_s`, the event loop collects the body within this time. Otherwise a thread reads it as it
    arrives, and requests beyond the number of threads are refused.
    """

    path: str
    max_bytes: int
    at_once: int
    collect_timeout_s: float | None = None

    def matches(self, path: str) -> bool:
        """True for the path of the route, and for those below it."""
        return path == self.path or path.startswith(f"{self.path}/")


class Bodies:
    """All methods run in the event loop. `work` runs the application in a thread, `refuse` answers with a refusal."""

    def __init__(
        self,
        routes: Sequence[BodyRoute],
        connections: Connections,
        work: Callable[[Connection], None],
        refuse: Callable[[Connection, Refusal], None],
    ) -> None:
        self._routes, self._connections, self._work, self._refuse = routes, connections, work, refuse
        self._running: dict[Connection, BodyRoute] = {}
        self._threads = Threads(sum(route.at_once for route in routes if route.collect_timeout_s is None), "body")
        self._collected = Threads(sum(route.at_once for route in routes if route.collect_timeout_s), "collected")
        self._is_open = True

    def take(self, connection: Connection) -> bool:
        """True if this request, which has a body, is of one of the routes: it is begun or refused."""
        exchange = connection.present()
        if exchange.environ["REQUEST_METHOD"] not in _METHODS:
            return False
        route = self._route(connection)
        if route is None:
            return False
        if (refusal := self._refusal(route, exchange.body_bytes)) is not None:
            self._refuse(connection, refusal)
            return True
        if route.collect_timeout_s is not None:
            connection.wait_for(State.BODY, route.collect_timeout_s)
            if exchange.expects_continue and not connection.received and not _ask(connection):
                self._connections.close(connection)
            else:
                self._collect(connection)
            self._limit_collecting()
            return True
        self._running[connection] = route
        body = RequestBody(connection.sock, connection.received, exchange.body_bytes or 0, exchange.expects_continue)
        exchange.accept(body)
        # From here on, only the thread reads from the socket.
        self._connections.watch(connection, 0)
        self._threads.submit(partial(self._work, connection))
        return True

    def receive(self, connection: Connection) -> None:
        """Read more of a body that is being collected."""
        if connection.receive():
            self._collect(connection)
        else:
            # The application counts such requests.
            self._begin(connection, ShortBody())

    def refuse_slow(self) -> None:
        """Refuse the requests whose body has not been collected in time."""
        now_s = monotonic()
        for connection in self._connections.in_states(State.BODY):
            if connection.deadline_s < now_s:
                self._give_up(connection, _SLOW)

    def finished(self, connection: Connection) -> None:
        """The thread of this connection, if it has one of these, is free again."""
        self._running.pop(connection, None)

    def refuse_new(self) -> None:
        """The worker stops: an upload that begins now might not end in time."""
        self._is_open = False

    def stop(self) -> None:
        """End each thread after its present request."""
        self._threads.stop()
        self._collected.stop()

    def _collect(self, connection: Connection) -> None:
        """Run the application if the whole body has arrived, else wait for more of it."""
        received, length = connection.received, connection.present().body_bytes or 0
        if len(received) < length:
            self._connections.watch(connection, selectors.EVENT_READ)
            return
        body = CollectedBody(received[:length])
        # What remains is the next request.
        del received[:length]
        self._begin(connection, body)

    def _begin(self, connection: Connection, body: Body) -> None:
        """Run the application with this body in the next free thread."""
        exchange, route = connection.present(), self._route(connection)
        if route is None:
            raise RuntimeError("the body of this request is not collected")
        exchange.accept(body)
        exchange.restart_clock()
        connection.wait_for(State.WORK, 0)
        self._connections.watch(connection, 0)
        if self._count(route) >= route.at_once * _COLLECTED_PER_THREAD:
            self._refuse(connection, _OCCUPIED)
            return
        self._running[connection] = route
        self._collected.submit(partial(self._work, connection))

    def _limit_collecting(self) -> None:
        """Refuse the request that has waited longest for its body if there are too many."""
        collecting = self._connections.in_states(State.BODY)
        if len(collecting) > _MAX_COLLECTING:
            self._give_up(min(collecting, key=lambda connection: connection.deadline_s), _OCCUPIED)

    def _give_up(self, connection: Connection, refusal: Refusal) -> None:
        """Refuse a request whose body has not arrived."""
        connection.present().restart_clock()
        connection.wait_for(State.WORK, 0)
        self._refuse(connection, refusal)

    def _route(self, connection: Connection) -> BodyRoute | None:
        path = connection.present().environ["PATH_INFO"]
        return next((route for route in self._routes if route.matches(path)), None)

    def _count(self, route: BodyRoute) -> int:
        return sum(1 for other in self._running.values() if other is route)

    def _refusal(self, route: BodyRoute, length: int | None) -> Refusal | None:
        if length is None:
            return _NO_LENGTH
        if length > route.max_bytes:
            return _TOO_LARGE
        has_thread = route.collect_timeout_s is not None or self._count(route) < route.at_once
        return None if self._is_open and has_thread else _OCCUPIED


def _ask(connection: Connection) -> bool:
    """Send `100 Continue`. False if the client does not accept it, although nothing else is unsent."""
    try:
        return connection.sock.send(CONTINUE) == len(CONTINUE)
    except OSError:
        return False
