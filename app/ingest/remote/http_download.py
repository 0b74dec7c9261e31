"""Download of a file by HTTP, with deadlines, few retries and a limit on size."""

import contextlib
import errno
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse
from urllib3.util import make_headers

from app.ingest.refusals import Refused
from app.ingest.remote import server_errors

_BLOCK_BYTES = 1 << 16
# To a new name of the dataset, to https, to a node: more redirects mean a loop.
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A full disk is a local error, which the command reports as such.
_OF_OUR_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_SAFE_IN_LOCATION = ":/?#[]@!$&'()*+,;=%-._~"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Deadlines, retries, and the hosts to which redirects are followed.

    `read_s` limits the time between two blocks of data, `total_s` all attempts for a URL together. `host_lock` is
    entered with the host for the duration of a download; it may raise.
    """

    connect_s: float
    read_s: float
    total_s: float
    attempts: int
    backoff_s: float
    hosts: frozenset[str] = frozenset()
    host_lock: Callable[[str], contextlib.AbstractContextManager[None]] = lambda _host: contextlib.nullcontext()


class _Retryable(Exception):
    """This attempt failed, but another one may succeed; `refusal` is raised after the last attempt."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


@dataclass(slots=True)
class _TotalDeadline:
    """Shuts the connection down when the total time is up: `read_s` alone permits a byte a minute for ever."""

    deadline_s: float
    is_over: bool = False
    _wire: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def over(self, connection: HTTPConnection) -> Iterator[None]:
        """Open the connection, and enforce the deadline, for the duration of the block."""
        connection.connect()
        # The connection drops its socket when the server asks to close it after the response.
        self._wire = connection.sock
        timer = threading.Timer(self.left_s(), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._wire = None
            connection.close()

    def left_s(self) -> float:
        """Seconds until the deadline, 0 after it."""
        return max(self.deadline_s - time.monotonic(), 0)

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            if self._wire is not None:
                # Of the plain socket: the shutdown of TLS would wait for the server.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(self._wire, socket.SHUT_RDWR)


def fetch(url: str, credentials: str | None, target: Path, most_bytes: int, policy: FetchPolicy) -> None:
    """Write the data of the URL to the target. Raises Refused when the download fails or holds no data."""
    deadline = _TotalDeadline(time.monotonic() + policy.total_s)
    for attempt in range(policy.attempts):
        if attempt:
            time.sleep(min(policy.backoff_s * 2 ** (attempt - 1), deadline.left_s()))
        try:
            _follow(url, credentials, target, most_bytes, policy, deadline)
        except _Retryable as failure:
            refusal = failure.refusal
        else:
            # A response cut within its headers looks like one without a body.
            if not deadline.is_over:
                server_errors.require_data(target)
                return
        if deadline.is_over or deadline.left_s() == 0:
            raise Refused("fetch_failed", f"it takes longer than {policy.total_s:g} s")
    raise refusal


def head(url: str, most_bytes: int, policy: FetchPolicy) -> tuple[int, bytes]:
    """The status and the first bytes of the response to a request for the URL. Follows no redirect and logs nothing.

    Raises urllib3's, http.client's and socket errors of the last attempt; TimeoutError after the total time.
    """
    deadline = _TotalDeadline(time.monotonic() + policy.total_s)
    for attempt in range(policy.attempts):
        try:
            return _head(urlsplit(url), most_bytes, policy, deadline)
        except (HTTPError, HTTPException, OSError):
            if deadline.is_over or attempt + 1 == policy.attempts:
                raise
        time.sleep(min(policy.backoff_s * 2**attempt, deadline.left_s()))
    raise AssertionError("unreachable")


def _head(parts: SplitResult, most_bytes: int, policy: FetchPolicy, deadline: _TotalDeadline) -> tuple[int, bytes]:
    connection = _connection(parts, min(policy.connect_s, deadline.left_s()))
    with contextlib.ExitStack() as closing:
        closing.enter_context(deadline.over(connection))
        connection.timeout = policy.read_s
        response = _response(connection, parts, make_headers(user_agent="halocline"))
        closing.callback(response.close)
        start = b"".join(_bounded(_raw(response), most_bytes))
        if deadline.is_over:
            raise TimeoutError
        return response.status, start


def _response(connection: HTTPConnection, parts: SplitResult, headers: dict[str, str]) -> HTTPResponse:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", path, headers=headers, preload_content=False, decode_content=False)
    return connection.getresponse()


def _follow(
    url: str, credentials: str | None, target: Path, most_bytes: int, policy: FetchPolicy, deadline: _TotalDeadline
) -> None:
    for _ in range(_MOST_REDIRECTS + 1):
        parts = urlsplit(url)
        try:
            location = _once(parts, credentials, target, most_bytes, policy, deadline)
        except (HTTPError, HTTPException, OSError) as error:
            if isinstance(error, OSError) and error.errno in _OF_OUR_DISK:
                raise
            raise _Retryable(Refused("fetch_failed", server_errors.cause(error))) from error
        if location is None:
            return
        following = _joined(url, location)
        if not _may_go(parts, following, policy.hosts):
            raise Refused("redirected", "the server redirects to an address that the import does not follow")
        if urlsplit(following).hostname != parts.hostname:
            credentials = None
        url = following
    raise Refused("redirected", f"the server redirects more than {_MOST_REDIRECTS} times")


def _joined(url: str, location: str) -> str:
    """The target of a redirect; empty when it is not a URL."""
    try:
        return urljoin(url, quote(location, safe=_SAFE_IN_LOCATION))
    except ValueError:
        return ""


def _may_go(before: SplitResult, url: str, hosts: frozenset[str]) -> bool:
    """True if a redirect is followed: http(s), a trusted or the same host, no downgrade from https, no unusual port."""
    try:
        after = urlsplit(url)
        port = after.port
    except ValueError:
        return False
    if after.scheme not in _PORTS or (before.scheme, after.scheme) == ("https", "http"):
        return False
    same_port = port == before.port and before.scheme == after.scheme
    if after.hostname == before.hostname:
        return same_port or port in (None, _PORTS[after.scheme])
    return after.hostname in hosts and port in (None, _PORTS[after.scheme])


def _once(
    parts: SplitResult,
    credentials: str | None,
    target: Path,
    most_bytes: int,
    policy: FetchPolicy,
    deadline: _TotalDeadline,
) -> str | None:
    """Send one request: write the body, or return the target of a redirect."""
    connection = _connection(parts, policy.connect_s)
    with contextlib.ExitStack() as closing:
        closing.enter_context(deadline.over(connection))
        connection.timeout = policy.read_s
        headers = make_headers(accept_encoding="gzip", user_agent="halocline", basic_auth=credentials)
        response = _response(connection, parts, headers)
        closing.callback(response.close)
        if response.status in _REDIRECTS and (location := response.headers.get("Location")):
            return location
        if response.status != 200:
            body = b"".join(_bounded(_plain(response), server_errors.HEAD_BYTES))
            refusal = server_errors.refusal(response.status, body)
            if response.status >= 500 and refusal.code == "server_error":
                raise _Retryable(refusal)
            raise refusal
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > most_bytes:
            raise Refused("too_large", f"{length} bytes are more than the limit of {most_bytes}")
        with target.open("wb") as file:
            _write(response, file, most_bytes)
    return None


def _connection(parts: SplitResult, timeout_s: float) -> HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=timeout_s, ssl_context=ssl.create_default_context())
    return HTTPConnection(host, parts.port, timeout=timeout_s)


def _write(response: HTTPResponse, file: BinaryIO, most_bytes: int) -> None:
    size = 0
    for block in _plain(response):
        size += len(block)
        if size > most_bytes:
            raise Refused("too_large", f"it is larger than the limit of {most_bytes} bytes")
        file.write(block)


def _bounded(blocks: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        yield block[: most_bytes - size]
        size += len(block)
        if size >= most_bytes:
            return


def _plain(response: HTTPResponse) -> Iterator[bytes]:
    """The decoded body, in blocks of limited size: a small body may decompress to gigabytes."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        yield from _raw(response)
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Refused("fetch_failed", f"the server encodes with {encoding[:20]!r}, which was not requested")
    unzip = zlib.decompressobj(wbits=31)
    try:
        for block in _raw(response):
            rest = block
            while rest and not unzip.eof:
                yield unzip.decompress(rest, _BLOCK_BYTES)
                rest = unzip.unconsumed_tail
        # The rest is decompressed in blocks, too.
        while not unzip.eof and (last := unzip.decompress(unzip.unconsumed_tail, _BLOCK_BYTES)):
            yield last
    except zlib.error as error:
        raise _Retryable(Refused("fetch_failed", "the compressed response is damaged")) from error
    if not unzip.eof:
        raise _Retryable(Refused("fetch_failed", "the compressed response is incomplete"))


def _raw(response: HTTPResponse) -> Iterator[bytes]:
    while block := response.read1(_BLOCK_BYTES, decode_content=False):
        yield block
