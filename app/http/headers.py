"""Security headers on every answer, whoever gives it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)

_ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # For browsers that do not know frame-ancestors.
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
# A year, the shortest that browsers' preload rules respect. Subdomains are not ours to promise for.
_OVER_TLS = ("Strict-Transport-Security", "max-age=31536000")


class SecurityHeaders:
    """Wraps a WSGI application; headers that it sets itself are kept."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        over_tls = environ.get("wsgi.url_scheme") == "https"

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if status.startswith("304"):
                # The reader goes on with the headers that the page came with (RFC 9111, 4.3.4).
                return start_response(status, headers, exc_info)
            return start_response(status, [*headers, *_missing(over_tls, *[name for name, _ in headers])], exc_info)

        return self._app(environ, start)


# Answers have a few dozen different sets of headers; an application that invents them is forgotten again.
@lru_cache(256)
def _missing(over_tls: bool, *present: str) -> tuple[tuple[str, str], ...]:
    """What is to be added to headers of these names."""
    there = {name.lower() for name in present}
    wanted = (*_ALWAYS, _OVER_TLS) if over_tls else _ALWAYS
    return tuple((name, value) for name, value in wanted if name.lower() not in there)
