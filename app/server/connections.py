"""The open connections of a worker: which events the event loop waits for, and when a connection is closed."""

import selectors
from collections.abc import Callable
from time import monotonic

from app.server.connection import Connection, State

# States in which a connection waits for its client, in the order in which they are given up.
_WAITING_FOR_CLIENT = ((State.LINGERING,), (State.HEAD, State.BODY), (State.IDLE,))
# A client that has accepted no byte for so long may lose its connection to others.
_STALLED_S = 2.0
# Of responses that clients have not accepted, in a worker. Cached pages are shared, and count for each connection.
_MAX_UNSENT_BYTES = 32 << 20


class Connections:
    """All methods run in the event loop. `handle` is called with a connection for the events that it is watched for."""

    def __init__(self, selector: selectors.BaseSelector, limit: int, handle: Callable[[Connection], None]) -> None:
        self._selector, self._limit, self._handle = selector, limit, handle
        self._open: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def in_states(self, *states: State) -> list[Connection]:
        """The open connections in one of these states."""
        return [connection for connection in self._open if connection.state in states]

    def make_room(self) -> bool:
        """True if another connection may be added. At the limit, one that waits for its client is closed.

        So a probe can connect, unless every connection waits for the portal.
        """
        return len(self._open) < self._limit or self.close_one()

    def add(self, connection: Connection) -> None:
        """Add a new connection."""
        self._open.add(connection)

    def limit_unsent(self) -> None:
        """Close the connections with the slowest clients while too many bytes wait to be sent."""
        sending = self.in_states(State.SENDING)
        unsent_bytes = sum(connection.unsent_bytes for connection in sending)
        for connection in sorted(sending, key=lambda connection: connection.progress_at_s):
            if unsent_bytes <= _MAX_UNSENT_BYTES:
                return
            unsent_bytes -= connection.unsent_bytes
            self.close(connection)

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

    def close_one(self) -> bool:
        """Close the connection that has waited longest for its client. False if there is none."""
        for states in _WAITING_FOR_CLIENT:
            if waiting := self.in_states(*states):
                self.close(min(waiting, key=lambda connection: connection.deadline_s))
                return True
        stalled_since_s = monotonic() - _STALLED_S
        sending = self.in_states(State.SENDING)
        stalled = [connection for connection in sending if connection.progress_at_s < stalled_since_s]
        if stalled:
            self.close(min(stalled, key=lambda connection: connection.progress_at_s))
        return bool(stalled)

    def close_all(self) -> None:
        """End all connections."""
        for connection in list(self._open):
            self.close(connection)

    def close_expired(self) -> None:
        """End the connections whose client has exceeded its time, except for a body: it gets a response."""
        now_s, excepted = monotonic(), (State.WORK, State.BODY)
        for connection in [one for one in self._open if one.deadline_s < now_s and one.state not in excepted]:
            self.close(connection)

    def shorten_idle(self, idle_s: float) -> None:
        """Let idle connections end after so many seconds at most."""
        for connection in self._open:
            if connection.state is State.IDLE:
                connection.deadline_s = min(connection.deadline_s, monotonic() + idle_s)

    def _called(self, connection: Connection) -> Callable[[int], None]:
        return lambda _events: self._handle(connection)
