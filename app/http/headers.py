"""Security headers on every response, whichever layer produces it; and those for scripts of other sites."""

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.http import cors

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
CONTENT_SECURITY_POLICY = f"{_POLICY}; frame-ancestors 'none'"

_ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
# For browsers without support for frame-ancestors; not with a policy of the view, which may allow frames.
_NO_FRAMES = ("X-Frame-Options", "DENY")
# A year, the shortest time that browsers' preload lists accept. Subdomains may not belong to the portal.
_TLS_ONLY = ("Strict-Transport-Security", "max-age=31536000")


class SecurityHeaders:
    """WSGI layer that adds the headers that the response does not have yet."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        is_tls = environ.get("wsgi.url_scheme") == "https"
        is_public = cors.is_public(environ)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            if status.startswith("304"):
                # The client reuses the headers of the stored page (RFC 9111, 4.3.4).
                # The rule for scripts of other sites is about this response (Fetch standard, 4.10).
                return start_response(status, [*headers, *cors.PUBLIC] if is_public else headers, exc_info)
            missing = _missing(is_tls, is_public, *[name for name, _ in headers])
            return start_response(status, [*headers, *missing], exc_info)

        return self._app(environ, start)


def policy_in_frames(ancestors: str) -> str:
    """The Content-Security-Policy of a page that these sites may show in a frame."""
    return f"{_POLICY}; frame-ancestors {ancestors}"


# Responses have a few dozen different sets of header names; the limit bounds the memory in any case.
@lru_cache(256)
def _missing(is_tls: bool, is_public: bool, *present: str) -> tuple[tuple[str, str], ...]:
    """The headers to add to headers of these names."""
    present_names = {name.lower() for name in present}
    has_own_policy = "content-security-policy" in present_names
    required = (
        *_ALWAYS,
        *(() if has_own_policy else (_NO_FRAMES,)),
        *((_TLS_ONLY,) if is_tls else ()),
        *(cors.PUBLIC if is_public else ()),
    )
    return tuple((name, value) for name, value in required if name.lower() not in present_names)
