"""Each request is counted and logged once, however it ends."""

from itertools import count
from typing import Any

import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from app.errors import Conflict
from app.telemetry import metrics
from app.telemetry.observe import EXPORT, ROUTE, Observe


def greeting(environ, start_response):
    environ[ROUTE] = "/greetings/<name>"
    return Response("hello")(environ, start_response)


def broken(environ, start_response):
    raise LookupError("inside")


def broken_midway(environ, start_response):
    start_response("200 OK", [])
    yield b"first"
    raise LookupError("inside")


def test_a_request_is_counted_under_its_route(call, counted):
    call(Observe(greeting), "/greetings/ada")

    assert counted("GET", "/greetings/<name>", 200) == 1


def test_an_invented_method_is_counted_as_other(call, counted):
    call(Observe(greeting), "/greetings/ada", REQUEST_METHOD="FOOBAR7")

    assert counted("_OTHER", "/greetings/<name>", 200) == 1


def test_a_request_without_a_route_is_counted_as_unmatched(call, counted):
    call(Observe(Response("no", 404)), "/wp-login.php")

    assert counted("GET", "__unmatched__", 404) == 1


def test_static_files_are_one_route(call, counted):
    call(Observe(Response("x")), "/static/map-1a2b.js")

    assert counted("GET", "/static/<path:filename>", 200) == 1


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz"])
def test_probes_are_neither_counted_nor_logged(path, call, counted, logged):
    _, headers, _ = call(Observe(Response("x")), path)

    assert counted("GET", "__unmatched__", 200) == 0
    assert logged() == []
    assert "X-Request-ID" not in headers


def test_an_exception_is_counted_as_500_and_raised(call, counted):
    with pytest.raises(LookupError):
        call(Observe(broken))

    assert counted("GET", "__unmatched__", 500) == 1


def test_an_exception_in_the_body_is_counted_as_500(counted):
    answer: Any = Observe(broken_midway)(create_environ(), lambda *_: lambda _: None)
    with pytest.raises(LookupError):
        list(answer)
    answer.close()

    assert counted("GET", "__unmatched__", 500) == 1


def test_a_streamed_body_is_timed_until_it_is_closed():
    name = "http_server_request_duration_seconds_sum"
    labels = {"http_request_method": "GET", "http_route": "/clocked", "http_response_status_code": "200"}
    environ = {**create_environ(), ROUTE: "/clocked"}
    ticks = count(100, 7)

    answer: Any = Observe(broken_midway, clock=lambda: next(ticks))(environ, lambda *_: lambda _: None)
    next(iter(answer))
    before_close = metrics.registry.get_sample_value(name, labels)
    answer.close()

    assert before_close is None
    assert metrics.registry.get_sample_value(name, labels) == 7


def test_a_request_whose_client_disconnects_is_counted_once(counted, logged):
    answer: Any = Observe(Response(iter([b"a", b"b"])))(create_environ(), lambda *_: lambda _: None)
    next(answer)
    answer.close()
    answer.close()

    assert counted("GET", "__unmatched__", 200) == 1
    assert [(line["complete"], line["bytes"]) for line in logged()] == [(False, 1)]


def test_nothing_stays_active_after_an_exception(call):
    before = _active()

    with pytest.raises(LookupError):
        call(Observe(broken))

    assert _active() == before


def _active():
    """The gauges of active requests and busy threads. Other tests of this process change them, too."""
    method = {"http_request_method": "GET"}
    return [
        metrics.registry.get_sample_value("http_server_active_requests", method) or 0,
        metrics.registry.get_sample_value("halocline_worker_threads_busy") or 0,
    ]


def test_a_request_is_logged_as_one_line(call, logged):
    call(Observe(greeting), "/greetings/ada?key=secret", HTTP_X_REQUEST_ID="proxy-12345678", HTTP_COOKIE="s=secret")

    [line] = logged()
    assert line.pop("duration_ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/greetings/<name>",
        "path": "/greetings/ada",
        "status": 200,
        "bytes": 5,
        "complete": True,
        "request_id": "proxy-12345678",
    }


def test_a_long_path_is_shortened_in_the_log(call, logged):
    call(Observe(greeting), "/" + "ä" * 10_000)

    [line] = logged()
    assert len(line["path"]) <= 256


def test_a_well_formed_request_id_is_used(call):
    _, headers, _ = call(Observe(greeting), HTTP_X_REQUEST_ID="0af7651916cd43dd8448eb211c80319c")

    assert headers["X-Request-ID"] == "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    "client_id", ["", "short", "x" * 65, "a b c d e f g", "line\r\nSet-Cookie: a=b", '"><script>alert(1)']
)
def test_any_other_request_id_is_replaced(client_id, call):
    _, headers, _ = call(Observe(greeting), HTTP_X_REQUEST_ID=client_id)

    assert headers["X-Request-ID"] != client_id
    assert len(headers["X-Request-ID"]) == 32


def test_an_export_is_timed_until_its_first_byte(counted):
    def export(environ, start_response):
        environ[EXPORT] = True
        start_response("200 OK", [])
        yield b"first"
        yield b"second"

    before = metrics.request_duration.labels("GET", "__unmatched__", "200")._sum.get()
    exchange: Any = Observe(export, clock=count().__next__)(create_environ("/x"), lambda *_: None)
    assert list(exchange) == [b"first", b"second"]
    exchange.close()

    # The clock returns 0 at the start, 1 at the first byte and 2 at the end.
    assert metrics.request_duration.labels("GET", "__unmatched__", "200")._sum.get() - before == 1


def test_an_aborted_export_is_not_counted_as_an_error(counted):
    def export(environ, start_response):
        start_response("200 OK", [])
        yield b"first"
        raise Conflict("replaced")

    exchange: Any = Observe(export)(create_environ("/x"), lambda *_: None)
    with pytest.raises(Conflict):
        list(exchange)
    exchange.close()

    assert (counted("GET", "__unmatched__", 500), counted("GET", "__unmatched__", 200)) == (0, 1)
