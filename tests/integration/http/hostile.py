"""Clients that attack the edge cache with bytes of their own, and an origin that reports what reaches it."""

import re
import socket
from collections import Counter
from contextlib import ExitStack, suppress

import psutil

from app.localdev.ports import free_port
from bench import nginx

from .conftest import TIMEOUT_S, until
from .edge import HOST

# A page that names its request, for a minute in the cache; a header flood gets the status of the portal.
_ORIGIN = """{user}worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    server {{
        listen 127.0.0.1:{port};
        default_type text/plain;
        add_header Cache-Control "public, s-maxage=60";
        add_header X-Request-ID $http_x_request_id;
        if ($http_x_70) {{ return 431; }}
        location / {{ return 200 "$request_method $http_host $request_uri [$content_length$http_transfer_encoding]"; }}
        location = /large {{ set $kilobyte "{kilobyte}"; return 200 "{hundred}"; }}
    }}
}}
"""


def start_origin(start, folder):
    """Start the origin with its files in `folder`; return its port when it responds."""
    port = free_port()
    text = _ORIGIN.format(user=nginx.user(), folder=folder, port=port, kilobyte="x" * 1000, hundred="$kilobyte" * 100)
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    origin = start([nginx.program(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"], port)
    until(lambda: origin.get("/").status == 200)
    return port


def head(method, target, *lines, host=HOST):
    """The head of a request."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode("latin-1")


def connect(port, timeout_s=TIMEOUT_S):
    return socket.create_connection(("127.0.0.1", port), timeout=timeout_s)


def exchange(port, sent):
    """All bytes of the server until it closes the connection; after the first ones, the client sends no more."""
    with connect(port) as link:
        link.sendall(sent)
        first = link.recv(65536)
        with suppress(OSError):
            link.shutdown(socket.SHUT_WR)
        return first + b"".join(iter(lambda: link.recv(65536), b""))


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", received)]


def opened(stack: ExitStack, port, sent):
    """A connection that is kept open and reads nothing, with these bytes sent as far as the socket takes them."""
    link = stack.enter_context(connect(port))
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.setblocking(False)
    if sent:
        link.send(sent)
    return link


def pipelined(port, paths):
    """The (status, outcome of the cache, body) of each path, requested at once on one connection."""
    return responses(port, b"".join(head("GET", path) for path in paths), len(paths))


def responses(port, sent, count):
    """The same for so many requests of any kind."""
    with connect(port) as link, link.makefile("rb") as stream:
        link.sendall(sent)
        return [_response(stream) for _ in range(count)]


def _response(stream):
    status = int(stream.readline().split()[1])
    lines = iter(stream.readline, b"\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.decode().partition(":") for line in lines)}
    return status, headers.get("x-cache-status"), stream.read(int(headers["content-length"])).decode()


def flood(port, count, size=100):
    """Request `count` different queries; return the number of responses by (status, was it the page of the request)."""
    outcomes: Counter[tuple[int, bool]] = Counter()
    for first in range(0, count, size):
        paths = [f"/missions?project=x{number}" for number in range(first, min(first + size, count))]
        answers = zip(paths, pipelined(port, paths), strict=True)
        outcomes.update((status, body == page(path)) for path, (status, _, body) in answers)
    return outcomes


def page(path, method="GET", host=HOST):
    """What the origin responds to a request without a body."""
    return f"{method} {host} {path} []"


def workers(process):
    """The workers of nginx, without the processes that maintain the cache."""
    return [child for child in psutil.Process(process.child.pid).children() if "worker" in " ".join(child.cmdline())]


def cpu_s(process):
    """CPU time of the workers so far."""
    return sum(sum(worker.cpu_times()[:2]) for worker in workers(process))


def memory_mb(process):
    """Memory of the workers, with what they share counted once."""
    return sum(worker.memory_full_info().pss for worker in workers(process)) / 1e6


def connections(process, port):
    """The number of open connections of clients."""
    return sum(
        each.laddr.port == port and each.status == psutil.CONN_ESTABLISHED
        for worker in workers(process)
        for each in worker.net_connections()
    )
