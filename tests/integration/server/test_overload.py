"""Overload and the end of a worker: what begins is finished, and what cannot begin is refused."""

import signal
from contextlib import ExitStack

from .conftest import rest


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
