"""The hosts that the portal answers for, and redirects that do not depend on the host.

Pages without a configured public address contain the host of the request, so a forged one must not reach them.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response

from app.http import probes, problems

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# RFC 1035, 2.3.4.
_MAX_LENGTH = 255
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?P<name>{_LABEL}(\.{_LABEL})*\.?|\[(?P<address>[0-9A-Fa-f:.]+)\])(:(?P<port>[0-9]{{0,5}}))?")
_MAX_PORT = 65_535
# Clients send a handful of different hosts; an attacker may send any number of them.
_REMEMBERED = 256


class AllowedHosts:
    """WSGI layer that answers 400 to requests for other hosts. Without `hosts`, any valid host is allowed.

    Probes are allowed for every host, because they are sent to the address of a pod. HTTP/1.1 requires the header
    (RFC 9112, 3.2).
    """

    def __init__(self, app: "WSGIApplication", hosts: frozenset[str] | None) -> None:
        self._app = app
        self._allows_any = hosts is None
        self._is_allowed = _checker(hosts)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if self._is_allowed(host) or self._is_exempt(environ, host):
            return self._app(environ, start_response)
        return problems.plain(environ, start_response, 400, "The Host header does not name this portal.")

    def _is_exempt(self, environ: "WSGIEnvironment", host: str) -> bool:
        if not host and environ.get("SERVER_PROTOCOL") != "HTTP/1.0":
            return False
        return environ.get("PATH_INFO") in probes.PATHS or (not host and self._allows_any)


def _checker(hosts: frozenset[str] | None) -> Callable[[str], bool]:
    @lru_cache(_REMEMBERED)
    def is_allowed(host: str) -> bool:
        name = _name(host)
        return name is not None and (hosts is None or name in hosts)

    # Longer ones would only fill the memory of `is_allowed`.
    return lambda host: len(host) <= _MAX_LENGTH and is_allowed(host)


def _name(host: str) -> str | None:
    """The name or address in a Host header, in lower case and without the port. None if it is invalid."""
    match = _HOST.fullmatch(host)
    if match is None or int(match["port"] or 0) > _MAX_PORT:
        return None
    if match["address"]:
        try:
            IPv6Address(match["address"])
        except ValueError:
            return None
    return match["name"].lower().removesuffix(".")


def relative_redirects(app: Flask) -> None:
    """Redirect to a path, not to a URL with the host of the request, as Werkzeug's redirects of slashes do."""

    @app.after_request
    def make_relative(response: Response) -> Response:
        target = urlsplit(response.location or "")
        if target.netloc:
            # A path that begins with two slashes would be another host.
            path = f"/{target.path.lstrip('/')}"
            response.location = f"{path}?{target.query}" if target.query else path
            response.set_data(b"")  # A sentence with the URL.
        return response
