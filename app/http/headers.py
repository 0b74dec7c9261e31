"""Security headers on every response, whichever layer produces it."""

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
    ("X-Frame-Options", "DENY"),  # For browsers without support for frame-ancestors.
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
# A year, the shortest time that browsers' preload lists accept. Subdomains may not belong to the portal.
_TLS_ONLY = ("Strict-Transport-Security", "max-age=31536000")


class SecurityHeaders:
    """WSGI layer that adds the headers that the response does not have yet."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_tls = environ.get("wsgi.url_scheme") == "https"

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if status.startswith("304"):
                # The client reuses the headers of the stored page (RFC 9111, 4.3.4).
                return start_response(status, headers, exc_info)
            return start_response(status, [*headers, *_missing(is_tls, *[name for name, _ in headers])], exc_info)

        return self._app(environ, start)


# Responses have a few dozen different sets of header names; the limit bounds the memory in any case.
@lru_cache(256)
def _missing(is_tls: bool, *present: str) -> tuple[tuple[str, str], ...]:
    """The security headers to add to headers of these names."""
    present_names = {name.lower() for name in present}
    required = (*_ALWAYS, _TLS_ONLY) if is_tls else _ALWAYS
    return tuple((name, value) for name, value in required if name.lower() not in present_names)
