"""Responses without an end: each costs a socket and a few small objects, and no thread."""

import selectors
from collections.abc import Callable
from functools import lru_cache

from app.server.connection import MIN_BYTES_PER_S, SEND_TIMEOUT_S, Connection, State
from app.server.connections import Connections
from app.server.event_source import Source

_LAST_CHUNK = b"0\r\n\r\n"
# A client has nothing to send while it reads events. More than a few pipelined requests is abuse.
_MAX_IGNORED_BYTES = 16_384


class Streams:
    """All methods run in the event loop. `linger` ends a connection whose last bytes are on their way."""

    def __init__(self, connections: Connections, linger: Callable[[Connection], None]) -> None:
        self._connections, self._linger = connections, linger

    def open(self, connection: Connection, source: Source, is_chunked: bool) -> None:
        """Keep the connection open for the events of the source."""
        connection.source = source
        connection.received.clear()
        connection.wait_for(State.STREAMING, float("inf"))
        self._connections.watch(connection, selectors.EVENT_READ)
        source.opened(_Stream(connection, is_chunked, self))

    def advance(self, connection: Connection) -> None:
        """The client accepts more bytes, has sent some, or has ended the connection."""
        if connection.has_unsent and self._sent(connection, connection.send_rest) and connection.source is not None:
            connection.source.drained()
        if connection.state is not State.STREAMING:
            return
        if not connection.receive() or len(connection.received) > _MAX_IGNORED_BYTES:
            self._connections.close(connection)

    def send(self, connection: Connection, data: bytes) -> bool:
        """Send an event as far as the socket accepts it. True if it is complete."""
        return self._sent(connection, lambda: connection.push(data))

    def end(self, connection: Connection, data: bytes) -> None:
        """Send the last bytes of a response and end it. A client that does not accept them at once loses them."""
        if connection.state is State.STREAMING and not connection.has_unsent and self.send(connection, data):
            connection.leave_source()
            self._linger(connection)
        else:
            self._connections.close(connection)

    def _sent(self, connection: Connection, send: Callable[[], bool]) -> bool:
        """True if everything is sent. A client that accepts nothing within the timeout loses its connection."""
        try:
            is_complete = send()
        except OSError:
            self._connections.close(connection)
            return False
        if is_complete:
            connection.wait_for(State.STREAMING, float("inf"))
            self._connections.watch(connection, selectors.EVENT_READ)
        elif connection.deadline_s == float("inf"):
            connection.wait_for(State.STREAMING, SEND_TIMEOUT_S + connection.unsent_bytes / MIN_BYTES_PER_S)
            self._connections.watch(connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
        return is_complete


class _Stream:
    """One open response, for its source."""

    __slots__ = ("_connection", "_is_chunked", "_streams")

    def __init__(self, connection: Connection, is_chunked: bool, streams: Streams) -> None:
        self._connection, self._is_chunked, self._streams = connection, is_chunked, streams

    def send(self, data: bytes) -> bool:
        """As `Stream.send`."""
        return self._streams.send(self._connection, _chunk(data) if self._is_chunked else data)

    def end(self, data: bytes) -> None:
        """As `Stream.end`."""
        self._streams.end(self._connection, _chunk(data) + _LAST_CHUNK if self._is_chunked else data)


@lru_cache(64)
def _chunk(data: bytes) -> bytes:
    """The data as a chunk (RFC 9112, 7.1): made once for all clients that get the same event."""
    return b"%x\r\n%b\r\n" % (len(data), data)
