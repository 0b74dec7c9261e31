"""Requests whose body the application reads: a table of routes, and threads of their own for them.

The bodies of all other requests are discarded. An upload occupies a thread for as long as its client sends, so pages
keep their threads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from app.server.connection import Connection
from app.server.connections import Connections
from app.server.refusal import OVERLOADED, Refusal
from app.server.request_body import RequestBody
from app.server.threads import Threads

_METHODS = frozenset({"POST", "PUT"})
_NO_LENGTH = Refusal(411, "The request needs the header Content-Length; chunks of unknown number are not accepted.")
_TOO_LARGE = Refusal(413, "The body of the request is too large.")
_OCCUPIED = Refusal(OVERLOADED, "Too many uploads at once; please try again in a moment.", "bodies")


@dataclass(frozen=True, slots=True)
class BodyRoute:
    """A path, and all below it; the largest body, bytes; and how many requests with a body a worker accepts at once."""

    path: str
    max_bytes: int
    at_once: int

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
        self._threads = Threads(sum(route.at_once for route in routes), "body")
        self._is_open = True

    def take(self, connection: Connection) -> bool:
        """True if this request, which has a body, is of one of the routes: it is begun or refused."""
        exchange = connection.present()
        if exchange.environ["REQUEST_METHOD"] not in _METHODS:
            return False
        path = exchange.environ["PATH_INFO"]
        route = next((route for route in self._routes if route.matches(path)), None)
        if route is None:
            return False
        if (refusal := self._refusal(route, exchange.body_bytes)) is not None:
            self._refuse(connection, refusal)
            return True
        self._running[connection] = route
        body = RequestBody(connection.sock, connection.received, exchange.body_bytes or 0, exchange.expects_continue)
        exchange.accept(body)
        # From here on, only the thread reads from the socket.
        self._connections.watch(connection, 0)
        self._threads.submit(partial(self._work, connection))
        return True

    def finished(self, connection: Connection) -> None:
        """The thread of this connection, if it has one of these, is free again."""
        self._running.pop(connection, None)

    def refuse_new(self) -> None:
        """The worker stops: an upload that begins now might not end in time."""
        self._is_open = False

    def stop(self) -> None:
        """End each thread after its present request."""
        self._threads.stop()

    def _refusal(self, route: BodyRoute, length: int | None) -> Refusal | None:
        if length is None:
            return _NO_LENGTH
        if length > route.max_bytes:
            return _TOO_LARGE
        running = sum(1 for other in self._running.values() if other is route)
        return None if self._is_open and running < route.at_once else _OCCUPIED
