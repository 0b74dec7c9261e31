"""The open connections of a worker: which events the event loop waits for, and when a connection is closed."""

import selectors
from collections.abc import Callable
from time import monotonic

from app.server.connection import Connection, State

# Those that wait for their client. The others wait for the portal.
_WAITING_FOR_CLIENT = (State.LINGERING, State.HEAD, State.IDLE)


class Connections:
    """All methods run in the event loop. `handle` is called with a connection for the events that it is watched for."""

    def __init__(self, selector: selectors.BaseSelector, limit: int, handle: Callable[[Connection], None]) -> None:
        self._selector, self._limit, self._handle = selector, limit, handle
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def has_room(self) -> bool:
        """False at the limit, if every connection waits for the portal."""
        return len(self._open) < self._limit

    def add(self, connection: Connection) -> None:
        """Add a new connection. Near the limit, the one that has waited longest for its client is closed for it.

        So there is always room for a probe.
        """
        if len(self._open) + 1 >= self._limit:
            self._close_oldest_waiting()
        self._open.add(connection)

    def watch(self, connection: Connection, events: int) -> None:
        """Wait for these events of the connection; 0 for none."""
        if events == connection.watched:
            return
        if not events:
            self._selector.unregister(connection.sock)
        elif connection.watched:
            self._selector.modify(connection.sock, events, self._called(connection))
        else:
            self._selector.register(connection.sock, events, self._called(connection))
        connection.watched = events

    def close(self, connection: Connection) -> None:
        """End the connection; nothing happens if it has ended already."""
        if connection.state is not State.CLOSED:
            self.watch(connection, 0)
            connection.close()
            self._open.discard(connection)

    def close_all(self) -> None:
        """End all connections."""
        for connection in list(self._open):
            self.close(connection)

    def close_expired(self) -> None:
        """End the connections whose client has exceeded its time."""
        now_s = monotonic()
        for connection in [one for one in self._open if one.deadline_s < now_s and one.state is not State.WORK]:
            self.close(connection)

    def shorten_idle(self, idle_s: float) -> None:
        """Let idle connections end after so many seconds at most."""
        for connection in self._open:
            if connection.state is State.IDLE:
                connection.deadline_s = min(connection.deadline_s, monotonic() + idle_s)

    def _called(self, connection: Connection) -> Callable[[int], None]:
        return lambda _events: self._handle(connection)

    def _close_oldest_waiting(self) -> None:
        for state in _WAITING_FOR_CLIENT:
            waiting = [connection for connection in self._open if connection.state is state]
            if waiting:
                self.close(min(waiting, key=lambda connection: connection.deadline_s))
                return
