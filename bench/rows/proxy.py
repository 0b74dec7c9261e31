"""The landing page through the example proxy's cache, beside a file of the same bytes that nginx sends as it is."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from app.trial.servers import free_port
from bench import nginx
from bench.load import wrk
from bench.pages import Client

# Enough to keep one worker of nginx busy.
_CONNECTIONS = 16
_READY_WITHIN_S = 10.0
_STATIC = """server {{
        listen 127.0.0.1:{port};
        gzip off;
        root {folder}/static;
        location / {{ index index.html; }}
    }}"""


@contextmanager
def in_front(portal_port: int, folder: Path) -> Iterator[tuple[int, int]]:
    """The ports of the example proxy in front of the portal, and of nginx with its landing page as a file."""
    (folder / "static").mkdir(parents=True, exist_ok=True)
    port, static_port = free_port(), free_port()
    more = _STATIC.format(port=static_port, folder=folder)
    command = nginx.command(folder, port, portal_port, more)
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        # Through the proxy: the page names the address that it is asked at.
        (folder / "static" / "index.html").write_bytes(_page(port))
        yield port, static_port
    finally:
        process.terminate()
        process.wait(_READY_WITHIN_S)


def requests_per_s(ports: tuple[int, int], rounds: int, seconds: float) -> list[tuple[float, float]]:
    """Pairs of rounds: through the cache, and as a file. Raises RuntimeError when the two send other bytes."""
    if _page(ports[0]) != _page(ports[1]):
        raise RuntimeError("the proxy and the file do not send the same bytes")
    found = []
    for turn in range(rounds):
        rates = [0.0, 0.0]
        for which in (0, 1) if turn % 2 else (1, 0):
            rates[which] = wrk(ports[which], "/", seconds, _CONNECTIONS).requests_per_s
        found.append((rates[0], rates[1]))
    return found


def _page(port: int) -> bytes:
    """The landing page as soon as there is one."""
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
