"""HTTP/1.1: framing, persistent connections, pipelining, and what is no HTTP."""

import pytest

from .application import CHUNK
from .conftest import rest


def request(path, *headers, method="GET"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: a", *headers, "", ""]).encode()


def test_a_hit_is_answered_by_the_event_loop_and_the_rest_by_threads(server):
    assert server.get("/now").endswith(b"GET /now")
    assert server.get("/thread").rpartition(b"\r\n")[2].startswith(b"request-")


def test_pipelined_requests_are_answered_in_order(server):
    paths = [f"/{name}/{n}" if name else "/now" for n in range(20) for name in ("", "thread-of")]
    last = request("/last", "Connection: close")

    answer = server.exchange(b"".join(map(request, paths)) + last)

    bodies = [part.partition(b"HTTP/1.1 200")[0] for part in answer.split(b"\r\n\r\n")[1:]]
    assert [body.decode() for body in bodies] == [f"GET {path}" for path in [*paths, "/last"]]


def test_a_head_may_arrive_in_single_bytes(server):
    with server.connect() as connection:
        for byte in request("/thread", "Connection: close"):
            connection.sendall(bytes([byte]))

        assert rest(connection).startswith(b"HTTP/1.1 200")


def test_http_1_0_gets_one_response(server):
    answer = server.exchange(b"GET /now HTTP/1.0\r\n\r\n")

    assert b"Connection: close" in answer
    assert answer.endswith(b"GET /now")


def test_a_head_request_gets_no_body(server):
    answer = server.exchange(request("/large?24", "Connection: close", method="HEAD"))

    assert b"Content-Length: 1572864" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_stream_is_sent_in_chunks(server):
    head, _, body = server.get("/stream?40").partition(b"\r\n\r\n")

    assert b"Transfer-Encoding: chunked" in head
    assert body.count(CHUNK) == 40
    assert body.endswith(b"0\r\n\r\n")


def test_a_stream_that_fails_has_no_valid_end(server):
    answer = server.get("/broken-stream")

    assert CHUNK in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_body_of_known_length_above_eight_megabytes_arrives(server):
    _, _, body = server.get("/large?160").partition(b"\r\n\r\n")

    assert body == CHUNK * 160


@pytest.mark.parametrize("path", ["/error", "/os-error", "/broken-body", "/error?now", "/broken-body?now"])
def test_an_exception_of_the_application_is_500_without_details(server, path):
    answer = server.get(path)

    assert answer.startswith(b"HTTP/1.1 500")
    assert b"fault" not in answer


def test_a_fault_of_ready_costs_only_the_short_way(server):
    assert server.get("/thread?unknown").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"G\x00T / HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: strange\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(100)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000, 431),
    ],
)
def test_malformed_requests_get_a_client_error_and_end_the_connection(server, sent, status):
    answer = server.exchange(sent)

    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in answer
    assert server.get("/now").endswith(b"GET /now")
