"""Clients that are slow, silent, rude or many occupy no thread and delay no one."""

import socket
import struct
from contextlib import ExitStack

import pytest

from .application import CHUNK
from .conftest import rest

GET = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 60  # Near the limit of 64 connections, with two requests at once and four threads.


@pytest.fixture
def open_connections(server):
    """A function that opens so many connections and sends some bytes on each; they are closed after the test."""
    with ExitStack() as stack:
        yield lambda count, sent: [stack.enter_context(server.connect(sent)) for _ in range(count)]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /thread HTTP/1.1\r\nHost:",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFF\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
    ids=["silent", "half-head", "announced-body", "chunked-body", "expects-100", "never-closes"],
)
def test_slow_clients_delay_no_other(server, open_connections, sent):
    open_connections(MANY, sent)

    assert server.get("/now").endswith(b"GET /now")
    assert b"request-" in server.get("/thread")


def test_readers_that_stop_delay_no_other(server, open_connections):
    open_connections(MANY, b"GET /large?24 HTTP/1.1\r\nHost: a\r\n\r\n")

    assert server.get("/now").endswith(b"GET /now")
    assert b"request-" in server.get("/thread")


def test_readers_that_stop_lose_their_connections_to_new_clients(server, open_connections):
    open_connections(80, b"GET /large?24 HTTP/1.1\r\nHost: a\r\n\r\n")

    server.until(lambda: server.get("/now").endswith(b"GET /now"))


def test_a_slow_reader_gets_the_whole_response(server):
    with server.connect(b"GET /large?24 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        _, _, body = rest(connection).partition(b"\r\n\r\n")

    assert body == CHUNK * 24


def test_beyond_the_limit_the_oldest_idle_connection_is_closed(server, open_connections):
    first, *_, last = open_connections(100, b"")
    last.sendall(GET)

    assert first.recv(1) == b""
    assert last.recv(12) == b"HTTP/1.1 200"


def test_a_client_that_resets_its_connection_harms_nothing(server, open_connections):
    for sent in (
        b"",
        b"GET",
        GET,
        b"GET /large?24 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /stream?40 HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        for connection in open_connections(20, sent):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    assert server.get("/now").endswith(b"GET /now")
    assert b"request-" in server.get("/thread")


def test_a_response_survives_a_body_that_nobody_reads(server):
    body = b"x" * 300_000
    answer = server.exchange(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + body)

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"POST /echo")
    assert b"Connection: close" in answer
