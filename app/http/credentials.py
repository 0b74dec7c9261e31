"""Which requests get a response of their own, which no cache may share."""

from typing import TYPE_CHECKING

from werkzeug.http import parse_cookie

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Names of cookies that identify a client. The portal sets none; those of other applications of its domain, and of
# advertising, change no response. A name here is also added to deploy/proxy/cache.conf and server.conf.
PERSONAL_COOKIES: frozenset[str] = frozenset()


def is_personal(environ: "WSGIEnvironment") -> bool:
    """True if the request has credentials."""
    if "HTTP_AUTHORIZATION" in environ:
        return True
    return bool(PERSONAL_COOKIES) and not PERSONAL_COOKIES.isdisjoint(parse_cookie(environ.get("HTTP_COOKIE", "")))
