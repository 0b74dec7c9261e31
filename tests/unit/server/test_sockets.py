"""Sockets: what the kernel buffers, and how long a thread sends."""

import selectors
import socket
from contextlib import ExitStack

import pytest
from gunicorn.config import Config
from gunicorn.sock import TCPSocket

from app.server import connection
from app.server.connection import Connection
from app.server.listeners import Listeners

LOOPBACK = ("127.0.0.1", 0)


class Log:
    def debug(self, *_):
        """gunicorn's sockets log their options."""


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="the system has no such option")
def test_the_kernel_buffers_little_for_a_client_that_does_not_read():
    accepted = []
    with ExitStack() as stack:
        listener = TCPSocket(LOOPBACK, Config(), Log())
        stack.callback(listener.close)
        selector = stack.enter_context(selectors.DefaultSelector())
        listeners = Listeners([listener], selector, lambda sock, *_: accepted.append(sock), lambda: None)
        listeners.accept(True)
        client = stack.enter_context(socket.create_connection(listener.getsockname()))
        _ = [key.data(events) for key, events in selector.select(10)]
        server = stack.enter_context(accepted[0])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        assert server.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == 131_072


def test_a_thread_does_not_wait_for_a_client_that_has_stopped_reading(monkeypatch):
    monkeypatch.setattr(connection, "STREAM_TIMEOUT_S", 0.1)
    server, client = socket.socketpair()
    with server, client, pytest.raises(TimeoutError):
        Connection(server, None, None, 95).stream(b"x" * 10_000_000)
