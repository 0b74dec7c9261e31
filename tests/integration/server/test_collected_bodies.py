"""Small request bodies: the event loop collects them, so that slow senders occupy connections and no thread."""

import select
import socket
import time
from contextlib import ExitStack

import pytest

from .conftest import TIMEOUT_S, rest
from .test_bodies import digest, head

LARGEST = b"x" * 65_536
SLOW = head("/patient/read", 65_536) + b"{"
FAST = head("/patient/read", 3, "Connection: close") + b"abc"


@pytest.mark.parametrize("body", [b"a", LARGEST], ids=len)
def test_a_body_that_arrives_with_the_head_is_read_in_a_thread(server, body):
    answer = server.exchange(head("/collected/read", len(body), "Connection: close") + body)

    assert answer.startswith(b"HTTP/1.1 200")
    assert digest(body) + b" collected-" in answer


def test_a_body_may_arrive_in_single_bytes(server):
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head("/patient/read", 5, "Connection: close") + b"12345":
            connection.sendall(bytes([byte]))
            time.sleep(0.001)

        assert digest(b"12345") in rest(connection)


def test_the_requests_after_a_body_stay_intact(server):
    last = b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = server.exchange(head("/collected/read", 3) + b"abc" + head("/collected/read", 2) + b"de" + last)

    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.index(digest(b"abc")) < answer.index(digest(b"de"))
    assert answer.endswith(b"GET /now")


def test_slow_senders_delay_no_other(server):
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(server.connect(SLOW))
        answers = [server.exchange(FAST) for _ in range(5)]

    assert all(digest(b"abc") in answer for answer in answers)


def test_slow_senders_lose_their_connections_to_new_ones(own_server):
    with ExitStack() as stack:
        slow = [stack.enter_context(own_server.connect(SLOW)) for _ in range(45)]
        idle = [stack.enter_context(own_server.connect()) for _ in range(25)]
        answer = own_server.exchange(FAST)
        idle[0].sendall(b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        kept = rest(idle[0])
        ended, _, _ = select.select(slow, [], [], TIMEOUT_S)

    assert digest(b"abc") in answer
    assert kept.endswith(b"GET /now")
    assert len(ended) >= 45 + 25 + 1 - 64


def test_one_of_too_many_slow_senders_is_refused(server):
    with ExitStack() as stack:
        slow = [stack.enter_context(server.connect(SLOW)) for _ in range(51)]
        answer = server.exchange(FAST)
        ended, _, _ = select.select(slow, [], [], TIMEOUT_S)
        refused = [rest(connection) for connection in ended]

    assert digest(b"abc") in answer
    assert [answer[:12] for answer in refused] == [b"HTTP/1.1 503"]


def test_a_sender_that_never_ends_gets_a_timeout(server):
    with server.connect(head("/collected/read", 1000)) as connection:
        connection.settimeout(0.1)
        answer = b""
        for _ in range(100):
            connection.sendall(b"x")
            try:
                answer = connection.recv(1000)
                break
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"Connection: close" in answer


def test_a_body_that_is_shorter_than_announced_is_an_error(server):
    with server.connect(head("/collected/read", 10) + b"abc") as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = rest(connection)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Connection: close" in answer


def test_a_client_that_expects_to_be_asked_is_asked_at_once(server):
    with server.connect(head("/patient/read", 3, "Expect: 100-continue", "Connection: close")) as connection:
        before = connection.recv(100)
        connection.sendall(b"abc")
        answer = rest(connection)

    assert before == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200")
    assert digest(b"abc") in answer


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head("/collected/read", 65_537, "Expect: 100-continue"), 413),
        (b"POST /collected/read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411),
    ],
)
def test_a_body_of_forbidden_or_unknown_length_is_refused_before_it_is_collected(server, sent, status):
    assert server.exchange(sent).startswith(b"HTTP/1.1 %d " % status)


def test_bodies_wait_for_a_thread_and_too_many_are_refused(server):
    late = head("/collected/late/collected", 3, "Connection: close") + b"abc"
    with ExitStack() as stack:
        waiting = [stack.enter_context(server.connect(late)) for _ in range(8)]
        server.until(
            lambda: b"HTTP/1.1 503" in server.exchange(head("/collected/read", 3, "Connection: close") + b"abc")
        )
        server.release("collected")
        answers = [rest(connection) for connection in waiting]

    assert all(digest(b"abc") in answer for answer in answers)
