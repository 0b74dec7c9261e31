"""Cross-origin requests: scripts of any site may read the API, without credentials (Fetch standard, CORS protocol)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.http.credentials import is_personal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_API = "/api/"
# Of every response of the API. Browsers hide other headers from scripts of other sites. Credentials are never allowed:
# a browser then sends no cookie, so that a site can read what any client can read and no more.
PUBLIC = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Disposition, ETag, Link, RateLimit, RateLimit-Policy, Retry-After"),
)
# A day; Chromium shortens it to two hours.
_MAX_AGE_S = "86400"
_PREFLIGHT = [
    ("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"),
    ("Access-Control-Allow-Headers", "Accept, If-None-Match, Traceparent, X-Request-ID"),
    ("Access-Control-Max-Age", _MAX_AGE_S),
    ("Content-Length", "0"),
]


def is_public(environ: "WSGIEnvironment") -> bool:
    """True if scripts of any site may read the response: it is of the API, and to a request without credentials."""
    return environ.get("PATH_INFO", "").startswith(_API) and not is_personal(environ)


def is_preflight(environ: "WSGIEnvironment") -> bool:
    """True if a browser asks whether a script may send a request to the API."""
    return (
        environ.get("REQUEST_METHOD") == "OPTIONS"
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        and environ.get("PATH_INFO", "").startswith(_API)
    )


class Preflights:
    """WSGI layer that answers preflight requests by itself: they match no route, count in no limit and read nothing.

    `SecurityHeaders` adds the headers of `PUBLIC`, as to every response of the API.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not is_preflight(environ):
            return self._app(environ, start_response)
        start_response("204 No Content", list(_PREFLIGHT))
        return ()
