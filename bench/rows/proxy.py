"""The landing page from the cache of the example proxy, compared with a static file of the same bytes in nginx."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path

from app.localdev.ports import free_port
from bench import data, nginx, portals
from bench.load import wrk
from bench.measured import Bench, Measured
from bench.pages import Client
from bench.rounds import interleaved, ratios

# Enough to keep one worker of nginx busy.
_CONNECTIONS = 16
_READY_WITHIN_S = 10.0
_STATIC = """server {{
        listen 127.0.0.1:{port};
        gzip off;
        root {folder}/static;
        location / {{ index index.html; }}
    }}"""


def measure(bench: Bench) -> Iterator[Measured]:
    """The aim `proxy`. Raises RuntimeError if nginx is not installed."""
    if nginx.program() is None:
        raise RuntimeError("nginx is not installed: apt-get install nginx-light")
    stores = bench.stores
    name = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    with (
        portals.running(stores.mongodb_uri, stores.redis_url, name, bench.folder / "proxy.log") as portal,
        _in_front(portal, bench.folder / "nginx") as ports,
    ):
        pages = [_page(port) for port in ports]
        if pages[0] != pages[1]:
            raise RuntimeError("the proxy and the file do not send the same bytes")
        cases = [partial(_requests_per_s, port, bench.seconds) for port in ports]
        pairs = interleaved(cases, bench.rounds)
    rates = [round(statistics.median(values)) for values in zip(*pairs, strict=True)]
    yield Measured("proxy", tuple(ratios(pairs)), {"requests_per_s": rates, "body_bytes": len(pages[0])})


def _requests_per_s(port: int, seconds: float) -> float:
    return wrk(port, "/", seconds, _CONNECTIONS).requests_per_s


@contextmanager
def _in_front(portal_port: int, folder: Path) -> Iterator[tuple[int, int]]:
    """The ports of the example proxy in front of the portal, and of nginx with its landing page as a file."""
    (folder / "static").mkdir(parents=True, exist_ok=True)
    port, static_port = free_port(), free_port()
    more = _STATIC.format(port=static_port, folder=folder)
    command = nginx.command(folder, port, portal_port, more)
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        # Through the proxy, since the page contains the address of the request.
        (folder / "static" / "index.html").write_bytes(_page(port))
        yield port, static_port
    finally:
        process.terminate()
        process.wait(_READY_WITHIN_S)


def _page(port: int) -> bytes:
    """The landing page, requested until the server is ready."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while True:
        client = Client(port)
        try:
            return client.get("/", "identity")[1]
        except (OSError, HTTPException):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        finally:
            client.close()
