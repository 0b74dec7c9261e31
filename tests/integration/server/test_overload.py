"""Overload and the end of a worker: what begins is finished, and what cannot begin is refused."""

import itertools
import signal
import time
from contextlib import ExitStack

import psutil
import pytest

from .conftest import rest

# A file that releases requests is never deleted: a thread may look for it late.
NUMBERS = itertools.count()


def next_answer(connection):
    """The answer to one more request on an open connection."""
    connection.sendall(b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
    return connection.recv(65_536)


def test_a_full_worker_answers_hits_and_refuses_the_rest(server):
    with ExitStack() as stack:
        working = [stack.enter_context(server.waits("end-of-overload")) for _ in range(2)]
        waiting = [stack.enter_context(server.waits("never")) for _ in range(20)]
        hit = server.get("/now")
        refused = [rest(connection) for connection in waiting]
        server.release("end-of-overload")
        finished = [rest(connection) for connection in working]

    assert hit.endswith(b"GET /now")
    assert {answer[:12] for answer in refused} == {b"HTTP/1.1 503"}
    assert {answer[:12] for answer in finished} == {b"HTTP/1.1 200"}


def test_a_request_that_waits_gets_the_next_free_thread(server):
    with (
        server.waits("first-turn") as first,
        server.waits("first-turn") as second,
        server.waits("second-turn") as third,
    ):
        server.release("second-turn")
        server.release("first-turn")

        assert [rest(one)[:12] for one in (first, second, third)] == [b"HTTP/1.1 200"] * 3


def test_a_streamed_body_leaves_the_threads_for_others(server):
    with ExitStack() as stack:
        for _ in range(2):
            stream = stack.enter_context(server.connect(b"GET /stream?400 HTTP/1.1\r\nHost: a\r\n\r\n"))
            assert stream.recv(12) == b"HTTP/1.1 200"

        assert b"request-" in server.get("/thread")


@pytest.fixture
def full_server(server):
    """A server whose threads are busy until the end of the test."""
    name = f"end-of-test-{next(NUMBERS)}"
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(server.waits(name))
        server.until(lambda: b"503" in server.get("/thread"))
        yield server
        server.release(name)


def reused(server, stack):
    """A connection on which a request has been answered, so that the event loop watches it."""
    connection = stack.enter_context(server.connect())
    next_answer(connection)
    return connection


def test_what_a_client_sends_while_its_request_waits_is_answered_later(full_server):
    with ExitStack() as stack:
        connections = [reused(full_server, stack) for _ in range(3)]
        _ = [connection.sendall(b"GET /wait/never HTTP/1.1\r\nHost: a\r\n\r\n") for connection in connections]
        time.sleep(0.1)
        last = b"GET /now HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        _ = [connection.sendall(last) for connection in connections]
        answers = [rest(connection) for connection in connections]

    assert [[part[:3] for part in answer.split(b"HTTP/1.1 ")[1:]] for answer in answers] == [[b"503", b"200"]] * 3


def test_a_body_that_arrives_while_its_request_waits_is_no_request(full_server):
    with ExitStack() as stack:
        connection = reused(full_server, stack)
        body = b"GET /now HTTP/1.1\r\nHost: a\r\n\r\n"
        connection.sendall(b"POST /wait/never HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body))
        time.sleep(0.1)
        connection.sendall(body)
        answer = rest(connection)

    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 503")


def test_a_client_that_leaves_while_its_request_waits_costs_no_thread(server):
    threads = server.get("/threads")
    for turn in range(3):
        with ExitStack() as stack:
            _ = [stack.enter_context(server.waits(f"leaving-{turn}")) for _ in range(2)]
            reused(server, stack).sendall(b"GET /threads HTTP/1.1\r\nHost: a\r\n\r\n")
        server.release(f"leaving-{turn}")
        server.until(lambda: b"200" in server.get("/thread"))

    assert server.get("/threads").rpartition(b"\r\n")[2] == threads.rpartition(b"\r\n")[2]


def test_after_an_overload_of_all_connections_new_ones_are_accepted(full_server):
    with ExitStack() as stack:
        waiting = [stack.enter_context(full_server.connect()) for _ in range(70)]
        _ = [connection.sendall(b"GET /wait/never HTTP/1.1\r\nHost: a\r\n\r\n") for connection in waiting]

        full_server.until(lambda: full_server.get("/now").endswith(b"GET /now"))


def test_without_free_file_descriptors_the_worker_lives_on(own_server):
    (worker,) = psutil.Process(own_server.child.pid).children()
    worker.rlimit(psutil.RLIMIT_NOFILE, (worker.num_fds() + 10,) * 2)
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(own_server.connect(b"GET /half"))
        own_server.until(lambda: own_server.get("/now").endswith(b"GET /now"))

    assert worker.is_running()
    assert worker.status() != psutil.STATUS_ZOMBIE


def test_sigterm_lets_responses_finish_and_closes_idle_connections(own_server):
    with own_server.connect() as idle, own_server.waits("late") as working:
        first = next_answer(idle)
        own_server.until(lambda: b"200" in own_server.get("/thread"))
        own_server.child.send_signal(signal.SIGTERM)
        own_server.until(lambda: b"Connection: close" in next_answer(idle))
        end = idle.recv(1)
        own_server.release("late")
        late = rest(working)

    assert b"Connection: keep-alive" in first
    assert end == b""
    assert late.endswith(b"GET /wait/late")
    assert own_server.child.wait(60) == 0
