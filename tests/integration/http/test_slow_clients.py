"""Hundreds of slow, silent and half-open clients: probes, cached pages and rendered pages are still answered."""

import socket
from contextlib import ExitStack

import pytest

from .conftest import TIMEOUT_S, until

# For each kind of client. A worker accepts 512 connections, of which it closes the oldest idle ones.
MANY = 200
GET_MAP = b"GET /map HTTP/1.1\r\nHost: localhost\r\n\r\n"
KINDS = {
    "half a head": b"GET /missions HTTP/1.1\r\nHost: loc",
    "an announced body": b"POST /missions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nx",
    "never closes": b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "never reads": GET_MAP * 8,
    "a header flood": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 900) for n in range(30)),
    "garbage": bytes(range(256)) * 40,
}


def opened(stack, port, sent):
    """A connection that is kept open, with these bytes sent as far as the socket takes them."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    connection.send(sent)
    return connection


@pytest.fixture
def portal(gunicorn, db):
    portal = gunicorn(WEB_WORKERS="2")
    until(lambda: portal.get("/readyz").status == 200)
    return portal


def test_slow_clients_of_all_kinds_delay_no_other(portal):
    delays_no_other(portal, list(KINDS))


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(KINDS))
def test_slow_clients_of_one_kind_delay_no_other(portal, kind):
    delays_no_other(portal, [kind] * 4)


def delays_no_other(portal, kinds):
    portal.get("/missions")
    with ExitStack() as stack:
        for kind in kinds:
            _ = [opened(stack, portal.port, KINDS[kind]) for _ in range(MANY)]
        paths = ("/livez", "/readyz", "/missions", "/search?q=x", "/nothing") * 5

        assert [portal.get(path).status for path in paths] == [200, 200, 200, 200, 404] * 5
