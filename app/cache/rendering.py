"""Renders a page for all clients: the application gets an anonymous request, without any header of the client."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from app.cache.page_request import NO_ORIGIN, PageRequest
from app.http.expiry import VALID_UNTIL
from app.telemetry.observe import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

# The origin of a page that does not depend on it; a guard checks that the page does not contain it.
_PLACEHOLDER_ORIGIN = ("http", "localhost")
# Removed besides all headers of the client.
_REMOVED = ("CONTENT_LENGTH", "CONTENT_TYPE", "RAW_URI", "REQUEST_URI", "wsgi.file_wrapper")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A complete response of the application. `valid_until_s`: see `app.http.expiry`."""

    status: str
    headers: Headers
    body: bytes
    route: str
    valid_until_s: float

    @property
    def is_private(self) -> bool:
        """True if the headers forbid to store the response or to share it."""
        values = {name.lower(): value.lower() for name, value in self.headers}
        control = values.get("cache-control", "")
        return "set-cookie" in values or "no-store" in control or "private" in control


def render(app: "WSGIApplication", environ: "WSGIEnvironment", page: PageRequest) -> Rendered:
    """The application's response to an anonymous GET of this page. Raises what the application raises."""
    anonymous = _anonymous(environ, page)
    status, headers, body = _response(app, anonymous)
    valid_until_s = float(anonymous.get(VALID_UNTIL, "inf"))
    return Rendered(status, headers, body, anonymous.get(ROUTE, ""), valid_until_s)


def _anonymous(environ: "WSGIEnvironment", page: PageRequest) -> "WSGIEnvironment":
    """The request without any header of the client that could show in the page."""
    anonymous = {
        name: value for name, value in environ.items() if not name.startswith("HTTP_") and name not in _REMOVED
    }
    scheme, host = page.origin if page.origin != NO_ORIGIN else _PLACEHOLDER_ORIGIN
    return anonymous | {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": page.query,
        "HTTP_HOST": host,
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
    }


def _response(app: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[str, Headers, bytes]:
    """Status, headers and complete body."""
    starts: list[tuple[str, Headers]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], object]:
        starts.append((status, tuple(headers)))
        return written.append

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = starts[-1]
    return status, headers, b"".join(written) + body
