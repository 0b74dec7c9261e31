"""Request bodies: the application reads those of some routes, in threads of their own; slow clients harm no other."""

import hashlib
import signal
import socket
import time
from contextlib import ExitStack

import pytest

from .conftest import rest

LARGE = bytes(range(256)) * 80_000  # 20 MB: more than the sockets hold.


def head(path, length, *headers, method="POST"):
    lines = [f"{method} {path} HTTP/1.1", "Host: a", f"Content-Length: {length}", *headers, "", ""]
    return "\r\n".join(lines).encode()


def digest(body):
    return hashlib.sha256(body).hexdigest().encode()


@pytest.mark.parametrize("body", [b"a", b"x" * 70_000, LARGE], ids=len)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_application_reads_the_whole_body_in_a_thread_of_its_own(server, body, method):
    answer = server.exchange(head("/body/read", len(body), "Connection: close", method=method) + body)

    assert answer.startswith(b"HTTP/1.1 200")
    assert digest(body) + b" body-" in answer


def test_a_body_may_arrive_in_single_bytes(server):
    with server.connect() as connection:
        for byte in head("/body/read", 5, "Connection: close") + b"12345":
            connection.sendall(bytes([byte]))

        assert digest(b"12345") in rest(connection)


def test_the_next_request_may_follow_a_body_that_was_read(server):
    last = b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = server.exchange(head("/body/read", 3) + b"abc" + head("/body/read", 2) + b"de" + last)

    assert answer.count(b"HTTP/1.1 200") == 3
    assert digest(b"abc") in answer
    assert digest(b"de") in answer
    assert answer.endswith(b"GET /now")


@pytest.mark.parametrize("path", ["/body/ignored", "/bodyless", "/other"])
def test_a_client_that_sends_a_body_that_is_not_read_sees_the_whole_response(server, path):
    answer = server.exchange(head(path, len(LARGE)) + LARGE)

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in answer
    assert answer.endswith(f"POST {path}".encode())


def test_a_client_is_asked_for_the_body_when_the_application_reads_it(server):
    with server.connect(head("/body/late/reading", 3, "Expect: 100-continue", "Connection: close")) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        server.release("reading")
        connection.settimeout(60)
        before = connection.recv(100)
        connection.sendall(b"abc")
        answer = rest(connection)

    assert before == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert digest(b"abc") in answer


def test_a_client_whose_body_is_not_read_is_not_asked_for_it(server):
    with server.connect(head("/body/ignored", 3, "Expect: 100-continue")) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head("/body/read", 100_000_001), 413),
        (head("/small", 11) + b"x" * 11, 413),
        (head("/body/read", 10**30), 413),
        (b"POST /body/read HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 411),
    ],
)
def test_a_body_of_forbidden_or_unknown_length_is_refused_before_it_is_read(server, sent, status):
    answer = server.exchange(sent)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in answer


def test_a_body_that_is_shorter_than_announced_is_an_error(server):
    with server.connect(head("/body/read", 10) + b"abc") as connection:
        connection.shutdown(socket.SHUT_WR)
        answer = rest(connection)

    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Connection: close" in answer


def test_a_silent_client_gets_a_timeout(server):
    answer = server.exchange(head("/body/read", 10) + b"abc")

    assert answer.startswith(b"HTTP/1.1 408")


def test_a_client_below_the_minimum_rate_gets_a_timeout(server):
    with server.connect(head("/body/read", 1000)) as connection:
        connection.settimeout(0.1)
        answer = b""
        for _ in range(40):
            connection.sendall(b"x")
            try:
                answer = connection.recv(1000)
                break
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408")


def test_more_bodies_than_allowed_are_refused_and_pages_go_on(server):
    with ExitStack() as stack:
        running = [
            stack.enter_context(server.connect(head("/body/late/places", 3, "Connection: close"))) for _ in range(2)
        ]
        server.until(lambda: b"HTTP/1.1 503" in server.exchange(head("/body/read", 3) + b"abc"))
        page = server.get("/thread")
        small = server.exchange(head("/small", 3, "Connection: close") + b"abc")
        server.release("places")
        _ = [connection.sendall(b"abc") for connection in running]
        answers = [rest(connection) for connection in running]

    assert b"request-" in page
    assert digest(b"abc") in small
    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 200"] * 2
    assert digest(b"abc") in server.exchange(head("/body/read", 3, "Connection: close") + b"abc")


def test_a_client_that_leaves_frees_the_thread(server):
    for _ in range(4):
        with server.connect(head("/body/read", 1_000_000) + b"abc"):
            pass

    server.until(lambda: b"HTTP/1.1 200" in server.exchange(head("/body/read", 1, "Connection: close") + b"a"))


@pytest.mark.parametrize("path", ["/body/read", "/patient/read"], ids=["in a thread", "collected"])
def test_sigterm_lets_a_body_arrive_and_refuses_new_ones(own_server, path):
    with own_server.connect() as idle, own_server.connect(head(path, 6) + b"abc") as working:
        idle.sendall(b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
        idle.recv(1000)
        own_server.child.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        idle.sendall(head(path, 3) + b"abc")
        refused = rest(idle)
        working.sendall(b"def")
        answer = rest(working)

    assert refused.startswith(b"HTTP/1.1 503")
    assert digest(b"abcdef") in answer
    assert own_server.child.wait(60) == 0
