"""The body of a request as `wsgi.input`: the thread that runs the application reads it from the socket."""

import io
import socket
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A client that sends nothing for so long has lost its connection.
READ_TIMEOUT_S = 30.0
# The time for a body is this and that of its bytes at MIN_BYTES_PER_S. Only the time in which the thread waits for the
# client counts. A ship's link of 64 kbit/s reaches twice this rate.
GRACE_S = 30.0
MIN_BYTES_PER_S = 4_096
# The largest file (2 GiB) at 100 kB/s. A body that takes longer occupies a thread that others need.
LONGEST_S = 6 * 3600.0
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BodyFailed(Exception):
    """The body cannot be read to its end. The connection is closed after the response."""


class Incomplete(BodyFailed):
    """The client ended its side of the connection before it had sent as many bytes as it had announced."""


class TooSlow(BodyFailed):
    """The client sent nothing for too long, or sends at less than the minimum rate."""


class CollectedBody(io.BytesIO):
    """A body that has arrived completely, so that a read never waits."""

    is_complete = True


class ShortBody(io.RawIOBase):
    """A body that ended before it had its announced length."""

    is_complete = False

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, _buffer: "WriteableBuffer", /) -> int:
        """Raise Incomplete."""
        raise Incomplete


class RequestBody(io.RawIOBase):
    """At most `length` bytes: first those that have arrived with the head, which it removes, then from the socket.

    `expects_continue`: the client waits for `100 Continue`, which is sent once the application begins to read.
    """

    def __init__(self, sock: socket.socket, arrived: bytearray, length: int, expects_continue: bool) -> None:
        super().__init__()
        self._sock, self._arrived, self._left = sock, arrived, length
        self._expects_continue = expects_continue
        self._received = 0
        self._waited_s = 0.0

    @property
    def is_complete(self) -> bool:
        """True if the application has read all bytes: the next request may follow on the connection."""
        return self._left == 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer, or a part of it; 0 at the end of the body. Raises Incomplete and TooSlow."""
        view = memoryview(buffer).cast("B")[: self._left]
        if not len(view):
            return 0
        count = self._from_arrived(view) or self._from_socket(view)
        self._left -= count
        self._received += count
        return count

    def _from_arrived(self, view: memoryview) -> int:
        count = min(len(view), len(self._arrived))
        view[:count] = self._arrived[:count]
        del self._arrived[:count]
        return count

    def _from_socket(self, view: memoryview) -> int:
        left_s = min(GRACE_S + self._received / MIN_BYTES_PER_S, LONGEST_S) - self._waited_s
        if left_s <= 0:
            raise TooSlow
        began_s = monotonic()
        self._sock.settimeout(min(READ_TIMEOUT_S, left_s))
        try:
            if self._expects_continue:
                self._expects_continue = False
                self._sock.sendall(CONTINUE)
            count = self._sock.recv_into(view)
        except TimeoutError as error:
            raise TooSlow from error
        except OSError as error:
            raise Incomplete from error
        finally:
            self._waited_s += monotonic() - began_s
        if not count:
            raise Incomplete
        return count


Body = RequestBody | CollectedBody | ShortBody
