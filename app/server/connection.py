"""One connection of a client: what has arrived, what is still to be sent, and its deadline."""

import socket
from collections.abc import Sequence
from enum import Enum
from time import monotonic
from typing import Any

from app.server.event_source import Source
from app.server.exchange import Exchange

# From the first byte of a head to its last one. Real clients send it in one packet.
HEAD_TIMEOUT_S = 10.0
# For a response, beside the time that its bytes take at MIN_BYTES_PER_S.
SEND_TIMEOUT_S = 20.0
# A slower client would wait minutes for a page.
MIN_BYTES_PER_S = 8_192
# For each part of a body that a thread streams: long enough for a phone that loses its connection in a tunnel.
STREAM_TIMEOUT_S = 60.0
_STREAMED_BYTES = 256 << 10
# How long a client may go on to send after the last response. Ending the connection at once could destroy that response
# on its way.
LINGER_TIMEOUT_S = 2.0
# The same while it sends the body of a request that was refused: many clients read no response before they have sent
# all of it.
LINGER_BODY_TIMEOUT_S = 10.0
_RECEIVED_BYTES = 16_384


class State(Enum):
    """What the connection waits for."""

    # The first request of the connection, or the next one.
    IDLE = "idle"
    # The rest of a head.
    HEAD = "head"
    # The rest of a body that the event loop collects.
    BODY = "body"
    # A thread, or the end of its work.
    WORK = "work"
    # Room in the buffer of the socket for the rest of a response.
    SENDING = "sending"
    # The next event of a response without an end.
    STREAMING = "streaming"
    # The client, which has to end the connection. What it sends is discarded.
    LINGERING = "lingering"
    CLOSED = "closed"


class Connection:
    """The socket never blocks, except in a thread that reads the body of a request or streams that of a response."""

    def __init__(self, sock: socket.socket, peer: Any, server: Any, idle_timeout_s: float) -> None:
        sock.setblocking(False)
        self.sock, self.peer, self.server = sock, peer, server
        self.received = bytearray()
        self.requests = 0
        self.state = State.IDLE
        self.deadline_s = monotonic() + idle_timeout_s
        self.exchange: Exchange | None = None
        # Produces the events of a response without an end.
        self.source: Source | None = None
        # The events for which the event loop watches the socket.
        self.watched = 0
        self.progress_at_s = 0.0
        self._unsent: list[memoryview] = []

    @property
    def unsent_bytes(self) -> int:
        """The size of the rest of the response."""
        return sum(map(len, self._unsent))

    @property
    def has_unsent(self) -> bool:
        """True if a part of the response waits to be sent."""
        return bool(self._unsent)

    def present(self) -> Exchange:
        """The exchange that the connection is in. Raises RuntimeError if it is in none."""
        if self.exchange is None:
            raise RuntimeError("the connection has no request")
        return self.exchange

    def wait_for(self, state: State, timeout_s: float) -> None:
        """Enter the state; the connection is ended if it lasts longer than the timeout."""
        self.state = state
        self.deadline_s = monotonic() + timeout_s

    def receive(self) -> bool:
        """Read what has arrived. False if the client has ended the connection."""
        try:
            data = self.sock.recv(_RECEIVED_BYTES)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        if self.state is not State.LINGERING:
            self.received += data
        return bool(data)

    def send(self, chunks: Sequence[bytes]) -> bool:
        """Send a response as far as the socket accepts it. True if it is complete. Raises OSError."""
        self._unsent = [memoryview(chunk) for chunk in chunks if chunk]
        self.wait_for(State.SENDING, SEND_TIMEOUT_S + self.unsent_bytes / MIN_BYTES_PER_S)
        return self.send_rest()

    def send_rest(self) -> bool:
        """Send more of the response. True if it is complete. Raises OSError."""
        while self._unsent:
            try:
                sent = self.sock.sendmsg(self._unsent[:64])
            except (BlockingIOError, InterruptedError):
                return False
            self.progress_at_s = monotonic()
            while self._unsent and sent >= len(self._unsent[0]):
                sent -= len(self._unsent.pop(0))
            if sent:
                self._unsent[0] = self._unsent[0][sent:]
        return True

    def push(self, data: bytes) -> bool:
        """Send an event of a response without an end, as `send` does; nothing else may be unsent. Raises OSError."""
        self._unsent = [memoryview(data)]
        return self.send_rest()

    def leave_source(self) -> None:
        """The source produces no further event: the connection or the response ends."""
        source, self.source = self.source, None
        if source is not None:
            source.ended()

    def stream(self, data: bytes) -> None:
        """Send all bytes, from a thread. Raises OSError if the client is too slow."""
        self.sock.settimeout(STREAM_TIMEOUT_S)
        rest = memoryview(data)
        for start in range(0, len(rest), _STREAMED_BYTES):
            self.sock.sendall(rest[start : start + _STREAMED_BYTES])

    def end_sending(self) -> None:
        """Shut down the sending side: no response follows. Raises OSError."""
        self.sock.setblocking(False)
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End the connection."""
        self.state = State.CLOSED
        self._unsent = []
        self.sock.close()
        self.leave_source()
