"""The journey of a visitor: pages that follow one another, each requested on a connection of its own."""

import http.client
import json
import re
import secrets
import socket
import ssl
import threading
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import SplitResult

# No page is larger; a body beyond it is not what a visitor should get.
_MAX_BODY_BYTES = 8 << 20
_STYLE = re.compile(r'<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"')
_MISSION = re.compile(r'href="(/missions/[^/"?#]+/[^/"?#]+)"')


@dataclass(frozen=True, slots=True)
class Step:
    """One request of the journey; `problem` is None if it succeeded."""

    name: str
    path: str
    duration_s: float
    problem: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """The address of the portal. `connect` (host, port) replaces that of the URL, for an ingress without DNS."""

    url: SplitResult
    connect: tuple[str, int] | None = None

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    def open(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection that is opened with its first request."""
        is_tls = self.url.scheme == "https"
        host, port = self.connect or (self.host, self.url.port or (443 if is_tls else 80))
        if not is_tls:
            return http.client.HTTPConnection(host, port, timeout=timeout_s)
        return _NamedConnection(host, port, self.host, timeout_s)


class _NamedConnection(http.client.HTTPSConnection):
    """A TLS connection to one address that checks the certificate of another name."""

    def __init__(self, host: str, port: int, name: str, timeout_s: float) -> None:
        self._context_of_name = ssl.create_default_context()
        self._name = name
        super().__init__(host, port, timeout=timeout_s, context=self._context_of_name)

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._context_of_name.wrap_socket(self.sock, server_hostname=self._name)


def walk(target: Target, timeout_s: float, agent: str) -> Iterator[Step]:
    """The steps of one journey, each when it has ended. It ends with the first step that fails.

    The landing page and its style sheet, the list of missions, the first of them, a search that no cache holds, and
    the totals of the API. An archive without missions has no mission to open. No step raises.
    """
    landing = yield from _step(target, "landing", "/", timeout_s, agent)
    if landing is None:
        return
    style = _STYLE.search(landing)
    if style is None:
        yield Step("style", "/", 0.0, "the landing page names no style sheet")
        return
    if (yield from _step(target, "style", style[1], timeout_s, agent)) is None:
        return
    missions = yield from _step(target, "missions", "/missions", timeout_s, agent)
    if missions is None:
        return
    if (mission := _MISSION.search(missions)) and (
        yield from _step(target, "mission", mission[1], timeout_s, agent)
    ) is None:
        return
    if (yield from _step(target, "search", f"/search?q=probe{secrets.token_hex(4)}", timeout_s, agent)) is None:
        return
    yield from _step(target, "api", "/api/v1/totals", timeout_s, agent, is_json=True)


def _step(
    target: Target, name: str, path: str, timeout_s: float, agent: str, *, is_json: bool = False
) -> Generator[Step, None, str | None]:
    started_s = perf_counter()
    try:
        body, problem = _get(target, path, timeout_s, agent, is_json)
    except (OSError, http.client.HTTPException, ValueError) as error:
        body, problem = "", f"{type(error).__name__}: {error}"
    yield Step(name, path, perf_counter() - started_s, problem)
    return None if problem else body


def _get(target: Target, path: str, timeout_s: float, agent: str, is_json: bool) -> tuple[str, str | None]:
    """The body, and what is wrong with the response. Raises OSError, HTTPException and ValueError."""
    connection = target.open(timeout_s)
    started_s = perf_counter()
    connection.connect()
    # The timeout of a socket is for each read: a server that sends a byte every few seconds would never end.
    end = threading.Timer(max(timeout_s - (perf_counter() - started_s), 0), _shut, (connection.sock,))
    end.start()
    try:
        connection.request("GET", path, headers={"Host": target.url.netloc, "User-Agent": agent})
        response = connection.getresponse()
        body = response.read(_MAX_BODY_BYTES + 1)
    except (OSError, http.client.HTTPException):
        if perf_counter() - started_s >= timeout_s:
            return "", f"no complete response within {timeout_s:g} s"
        raise
    finally:
        end.cancel()
        connection.close()
    if perf_counter() - started_s >= timeout_s:
        return "", f"no complete response within {timeout_s:g} s"
    if response.status != http.client.OK:
        place = response.headers.get("Location")
        return "", f"status {response.status}" + (f", to {place}" if place else "")
    if len(body) > _MAX_BODY_BYTES:
        return "", f"more than {_MAX_BODY_BYTES} bytes"
    if not body:
        return "", "an empty body"
    text = body.decode("utf-8")
    if is_json:
        json.loads(text)
    return text, None


def _shut(connection: socket.socket) -> None:
    """End the reads of another thread."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
