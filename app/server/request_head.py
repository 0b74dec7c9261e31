"""Parses the head of a request from bytes that have arrived. gunicorn's parser does the work, without a socket."""

from typing import Any

from gunicorn.config import Config
from gunicorn.http import errors
from gunicorn.http.message import Request
from gunicorn.http.unreader import Unreader

from app.server.refusal import Refusal

# Longer heads are refused. Those of the portal's clients, with the headers of several proxies, are a tenth of it.
MAX_BYTES = 32 * 1024
_END = b"\r\n\r\n"
_TOO_LARGE = Refusal(431, "The headers of the request are too large.")


class Malformed(Exception):
    """The bytes are no valid request. The connection has to be closed, because the next request cannot be located."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


class _Received(Unreader):  # type: ignore[misc]
    """The bytes that have arrived, for gunicorn's parser, which reads from sockets otherwise."""

    def __init__(self, received: bytes) -> None:
        super().__init__()
        self.buf.write(received)

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002
        return b""

    def rest(self) -> bytes:
        """What the parser did not read."""
        rest: bytes = self.take_buffered()
        return rest


def parse(received: bytearray, config: Config, peer: Any, number: int) -> Request | None:
    """The request whose head is complete; its bytes are removed from `received`. None if bytes are missing.

    `peer` is the address of the client and `number` counts the requests of the connection. The body, if there is one,
    stays in `received`. Raises Malformed.
    """
    is_too_large = len(received) > MAX_BYTES
    if not (is_too_large or received.endswith(b"\n") or _END in received):
        return None
    unreader = _Received(bytes(received))
    try:
        request = Request(config, unreader, peer, number)
    except errors.NoMoreData:
        if is_too_large:
            raise Malformed(_TOO_LARGE) from None
        return None
    except errors.ParseException as error:
        raise Malformed(_refusal(error)) from error
    received[:] = unreader.rest()
    return request


def has_body(request: Request) -> bool:
    """True if the client sends a body after this head."""
    lengths = [value for name, value in request.headers if name in ("CONTENT-LENGTH", "TRANSFER-ENCODING")]
    return any(value.strip("0") for value in lengths)


def body_bytes(request: Request) -> int | None:
    """The announced size of the body, which gunicorn's parser has validated; None for a body in chunks."""
    headers = dict(request.headers)
    return None if "TRANSFER-ENCODING" in headers else int(headers["CONTENT-LENGTH"])


def _refusal(error: errors.ParseException) -> Refusal:
    """The status of a parse error. The text does not repeat what the client sent."""
    match error:
        case errors.LimitRequestLine():
            return Refusal(414, "The address is too long.")
        case errors.LimitRequestHeaders():
            return _TOO_LARGE
        case errors.UnsupportedTransferCoding():
            return Refusal(501, "This transfer coding is not supported.")
        case errors.ExpectationFailed():
            return Refusal(417, "This expectation is not supported.")
        case errors.InvalidHTTPVersion():
            return Refusal(400, "The version of HTTP is not valid.")
        case errors.InvalidRequestLine() | errors.InvalidRequestMethod():
            return Refusal(400, "The request line is not valid.")
        case _:
            return Refusal(400, "A header of the request is not valid.")
