"""The listening sockets of a worker."""

import errno
import logging
import selectors
import socket
from collections.abc import Callable, Iterable
from functools import partial
from time import monotonic
from typing import Any

log = logging.getLogger(__name__)

# Connections that are accepted before those that are open get their turn.
_ACCEPTED_AT_ONCE = 8
# Bytes that the kernel takes for a socket before the client accepts them. Without a limit, it takes megabytes for each
# client that reads slowly, and the memory limit of a container includes them.
_UNSENT_IN_KERNEL_BYTES = 128 << 10
# Too many open files, or too little memory for another one. accept(2) also reports errors of single connections.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
# Without the pause, a listener that cannot accept would wake the event loop again and again.
PAUSE_S = 0.1

# The socket, the address of the client and that of the server.
Accepted = Callable[[socket.socket, Any, Any], None]


class Listeners:
    """All methods run in the event loop. `accepted` gets new connections; `give_up_one` frees a file descriptor."""

    def __init__(
        self,
        sockets: Iterable[Any],
        selector: selectors.BaseSelector,
        accepted: Accepted,
        give_up_one: Callable[[], object],
    ) -> None:
        self._sockets, self._selector = list(sockets), selector
        self._accepted, self._give_up_one = accepted, give_up_one
        self._resume_at_s = 0.0
        self.is_accepting = False
        for listener in self._sockets:
            listener.setblocking(False)
            if listener.FAMILY != socket.AF_UNIX and hasattr(socket, "TCP_NOTSENT_LOWAT"):
                # Accepted sockets inherit the option. Source: tcp(7).
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_IN_KERNEL_BYTES)

    def accept(self, may_accept: bool) -> None:
        """Accept connections from now on, or leave them to other workers and to the backlog."""
        may_accept = may_accept and monotonic() >= self._resume_at_s
        if may_accept == self.is_accepting:
            return
        self.is_accepting = may_accept
        for listener in self._sockets:
            if may_accept:
                self._selector.register(listener, selectors.EVENT_READ, partial(self._readable, listener))
            else:
                self._selector.unregister(listener)

    def close(self) -> None:
        """Accept nothing more. New connections get to another worker, or are refused; none waits for this worker."""
        self.accept(False)
        for listener in self._sockets:
            listener.close()

    def _readable(self, listener: Any, _events: int) -> None:
        for _ in range(_ACCEPTED_AT_ONCE):
            try:
                sock, peer = listener.accept()
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    log.warning("A connection cannot be accepted: %s", error)
                    self._give_up_one()
                    self._resume_at_s = monotonic() + PAUSE_S
                    self.accept(False)
                return
            self._accepted(sock, peer, listener.getsockname())
