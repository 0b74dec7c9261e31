"""Runs the application for one request, and turns its response into bytes."""

import io
import logging
from collections.abc import Callable
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any

from gunicorn.config import Config
from gunicorn.http import wsgi
from gunicorn.http.message import Request
from gunicorn.http.wsgi import Response

from app.server import request_head
from app.server.event_source import SOURCE, Source
from app.server.refusal import FAILURE, REFUSAL, Refusal
from app.server.request_body import Body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# The key in the WSGI environment for the time of `perf_counter` at which the request had arrived.
RECEIVED_S = "halocline.received_s"
# The key for True if the event loop runs the application: the response is complete before anything else happens.
IN_EVENT_LOOP = "halocline.in_event_loop"
# A longer body, or one of unknown length, is sent by the thread that produces it; the event loop sends all others. The
# largest page of the portal is a megabyte, a part of a sitemap five.
MAX_COLLECTED_BYTES = 8 << 20

Send = Callable[[bytes], None]


class Disconnected(Exception):
    """The client has ended the connection, or the connection must end because the body is incomplete."""


class Output:
    """Takes the bytes of a response in place of the socket: collects them, or passes them on to `send`."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self._send: Send | None = None

    @property
    def is_streaming(self) -> bool:
        """True if bytes may have reached the client."""
        return self._send is not None

    def stream_to(self, send: Send) -> None:
        """Pass on the bytes that follow, and those collected so far."""
        self._send = send

    def sendall(self, data: bytes) -> None:
        """Called by gunicorn's response. Raises Disconnected."""
        if self._send is None:
            self.chunks.append(data)
            return
        try:
            self._send(data)
        except OSError as error:
            raise Disconnected from error


# Longer values, and those of these headers, are those of one response.
_REPEATED_LENGTH = 512
_UNIQUE = frozenset({"X-Request-ID", "Location"})


@lru_cache(1024)
def _processed(name: str, value: str) -> tuple[tuple[tuple[str, str], ...], int | None, bool]:
    """The headers to send for one of the application, the length of the body if it gives it, and if it asks to upgrade.

    Raises gunicorn's errors for an invalid name or value.
    """
    response = Response(_Unparsed(), None, None)
    response.process_headers([(name, value)])
    return tuple(response.headers), response.response_length, response.upgrade


class _Response(Response):  # type: ignore[misc]
    """gunicorn's response, which checks each header once: a page's headers are the same for all requests."""

    # Set by gunicorn.
    headers: list[tuple[str, str]]
    response_length: int | None
    upgrade: bool

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        for name, value in headers:
            is_repeated = len(value) <= _REPEATED_LENGTH and name not in _UNIQUE
            process = _processed if is_repeated else _processed.__wrapped__
            processed, length, is_upgrade = process(name, value)
            self.headers += processed
            if length is not None:
                self.response_length = length
            self.upgrade = self.upgrade or is_upgrade


class Exchange:
    """One request and its response. `answer` may be called once, in the event loop or in a thread."""

    # Of the class, because most requests have no body: its announced size, None for a body in chunks; True if the
    # client waits to be asked for it; and the body that the application reads.
    body_bytes: int | None = None
    expects_continue = False
    _body: Body | None = None

    def __init__(self, request: Request, config: Config, peer: Any, server: Any) -> None:
        self._output = Output()
        # Unless `accept` is called, the server discards the body, and neither asks for it nor waits for it.
        self.has_body = request_head.has_body(request)
        if self.has_body:
            self.body_bytes = request_head.body_bytes(request)
            self.expects_continue = request._expected_100_continue
        request._expected_100_continue = False
        self._response: Response
        self.environ: WSGIEnvironment
        self._response, self.environ = wsgi.create(
            request, self._output, peer, server, config, response_class=_Response
        )
        self.environ["wsgi.multithread"] = True
        self.environ["wsgi.input"] = io.BytesIO()
        self.restart_clock()
        del self.environ["gunicorn.socket"], self.environ["wsgi.early_hints"]
        # The client has announced that it sends nothing else, so the connection can be closed without a wait.
        self.client_closes = not self.has_body and request.should_close()
        # Produces events that follow the body.
        self.source: Source | None = None

    @classmethod
    def refused(cls, refusal: Refusal, config: Config, peer: Any, server: Any) -> "Exchange":
        """The exchange for bytes that are no request."""
        exchange = cls(_Unparsed(), config, peer, server)
        exchange.refuse(refusal)
        exchange.client_closes = False
        return exchange

    @property
    def is_refused(self) -> bool:
        """True if the server refuses the request."""
        return REFUSAL in self.environ

    def refuse(self, refusal: Refusal) -> None:
        """Let the application refuse the request."""
        self.environ[REFUSAL] = refusal

    def restart_clock(self) -> None:
        """Measure the duration of the request from this moment, so that it excludes the wait for the client."""
        self.environ[RECEIVED_S] = perf_counter()

    def accept(self, body: Body) -> None:
        """Let the application read the body of the request."""
        self._body = body
        self.environ["wsgi.input"] = body

    @property
    def has_unread_body(self) -> bool:
        """True if the client may still send parts of the body."""
        return self.has_body and (self._body is None or not self._body.is_complete)

    def close_afterwards(self) -> None:
        """Announce that the connection ends with this response."""
        self._response.force_close()

    @property
    def is_chunked(self) -> bool:
        """True if the body is sent in chunks. Defined once the response has begun."""
        return bool(self._response.chunked)

    @property
    def keeps_connection(self) -> bool:
        """True if another request may follow. Defined once the response is complete."""
        return not self._response.should_close()

    def answer(self, application: "WSGIApplication", start_stream: Callable[[], Send] | None) -> list[bytes]:
        """Run the application. Returns the bytes to send; none if the body was streamed.

        `start_stream` is called for a body that is not collected; None collects all. Raises Disconnected.
        """
        try:
            self._run(application, start_stream)
        except Disconnected:
            raise
        except Exception as error:
            if FAILURE in self.environ:
                log.warning("The body of a response failed: %s", type(error).__name__)
            else:
                log.exception("The application raised an exception.")
            if self._output.is_streaming:
                # An error status cannot be sent any more; only an incomplete body shows the client that it failed.
                raise Disconnected from error
            self._fail()
        return self._output.chunks

    def _run(self, application: "WSGIApplication", start_stream: Callable[[], Send] | None) -> None:
        response = self._response
        if start_stream is None:
            self.environ[IN_EVENT_LOOP] = True
        body = application(self.environ, response.start_response)
        if self.has_body and self.has_unread_body:
            # The next request of the connection could not be located.
            response.force_close()
        try:
            for chunk in body:
                if start_stream is not None and not response.headers_sent and self._is_streamed():
                    self._output.stream_to(start_stream())
                response.write(chunk)
            self.source = self.environ.get(SOURCE) if start_stream is None else None
            if self.source is None:
                response.close()
        finally:
            if hasattr(body, "close"):
                body.close()

    def _is_streamed(self) -> bool:
        response = self._response
        if response._omits_body:
            return False
        return response.response_length is None or response.response_length > MAX_COLLECTED_BYTES

    def _fail(self) -> None:
        """Replace the collected response by that of the application for this failure, else by an error."""
        request, config = self._response.req, self._response.cfg
        self._output, self.source = Output(), None
        self._response = _Response(request, self._output, config)
        self._response.force_close()
        failure: WSGIApplication = self.environ.get(FAILURE, _internal_error)
        for chunk in failure(self.environ, self._response.start_response):
            self._response.write(chunk)
        self._response.close()


def _internal_error(_: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    body = b"500 Internal Server Error\n"
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("500 Internal Server Error", headers)
    return [body]


class _Unparsed:
    """Stands for a request that could not be parsed, with the attributes of gunicorn's request."""

    def __init__(self) -> None:
        self.method, self.uri, self.path, self.query, self.scheme = "GET", "", "", "", "http"
        self.version = (1, 1)
        self.headers: list[tuple[str, str]] = []
        self.proxy_protocol_info = None
        self.body = io.BytesIO()
        self._expected_100_continue = False

    def should_close(self) -> bool:
        return True
