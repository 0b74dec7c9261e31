"""Responses without an end: they take no thread, and a slow, silent or rude client harms no other one."""

import re
import signal
import socket
from contextlib import ExitStack

import pytest

from .conftest import rest

EVENTS = b"GET /events?now HTTP/1.1\r\nHost: a\r\n\r\n"


def opened(server, stack, sent=EVENTS):
    """A connection whose response is open: its head and its first event have arrived."""
    connection = stack.enter_context(server.connect(sent))
    until(connection, b"opened\n")
    return connection


def until(connection, end):
    received = b""
    while end not in received:
        part = connection.recv(65_536)
        assert part, received
        received += part
    return received


def count(server):
    return int(server.get("/open-events?now").rpartition(b" ")[2])


def test_events_follow_the_head_in_chunks(server):
    with ExitStack() as stack:
        connection = stack.enter_context(server.connect(EVENTS))
        head = until(connection, b"opened\n\r\n")
        server.get("/send/5?now")
        event = until(connection, b"\n\r\n")

    assert head.startswith(b"HTTP/1.1 200")
    assert head.endswith(b"\r\n\r\n6\r\nbegin\n\r\n7\r\nopened\n\r\n")
    assert event == b"6\r\nxxxxx\n\r\n"


def test_http_1_0_gets_events_without_chunks(server):
    with ExitStack() as stack:
        connection = stack.enter_context(server.connect(b"GET /events?now HTTP/1.0\r\n\r\n"))
        head = until(connection, b"opened\n")

    assert head.endswith(b"\r\n\r\nbegin\nopened\n")
    assert b"Connection: close" in head


def test_streams_occupy_no_thread_and_are_forgotten_when_clients_leave(server):
    server.until(lambda: count(server) == 0)
    with ExitStack() as stack:
        _ = [opened(server, stack) for _ in range(30)]
        during = count(server)
        thread = server.get("/thread")

    assert during == 30
    assert b"request-" in thread
    assert server.until(lambda: count(server) == 0) is True


def test_new_clients_do_not_displace_streams(server):
    with ExitStack() as stack:
        connection = opened(server, stack)
        _ = [stack.enter_context(server.connect()) for _ in range(100)]
        server.get("/send/5?now")

        assert until(connection, b"xxxxx\n")


def test_a_slow_reader_gets_whole_events_and_is_asked_again_when_it_has_read_them(server):
    with ExitStack() as stack:
        connection = stack.enter_context(server.connect())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(EVENTS)
        until(connection, b"opened\n")
        server.get("/send/300000?now")
        meanwhile = server.get("/send/5?now")
        received = until(connection, b"drained\n\r\n")

    assert meanwhile.endswith(b"sent to 0")
    assert re.sub(rb"x+", b"x", received) == b"493e1\r\nx\n\r\n8\r\ndrained\n\r\n"


@pytest.mark.parametrize("garbage", [b"\x00" * 100_000, b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n" * 4000])
def test_a_client_that_goes_on_to_send_loses_its_connection(server, garbage):
    with ExitStack() as stack:
        connection = opened(server, stack)
        with pytest.raises(ConnectionError):
            _ = [connection.sendall(garbage) for _ in range(100)]

    server.until(lambda: count(server) == 0)
    assert server.get("/now").endswith(b"GET /now")


def test_a_pipelined_request_behind_a_stream_is_not_answered(server):
    with ExitStack() as stack:
        connection = opened(server, stack, EVENTS + b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
        server.get("/send/5?now")

        assert b"HTTP/1.1" not in until(connection, b"xxxxx\n")


def test_sigterm_ends_streams_with_a_last_event(own_server):
    with ExitStack() as stack:
        connections = [opened(own_server, stack) for _ in range(20)]
        own_server.child.send_signal(signal.SIGTERM)
        ends = [rest(connection) for connection in connections]

    assert {end.removeprefix(b"\r\n") for end in ends} == {b"4\r\nbye\n\r\n0\r\n\r\n"}
    assert own_server.child.wait(60) == 0
