"""Request rates of two pages, compared round by round, with the CPU time of each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench import portals, processes
from bench.load import wrk
from bench.measured import Bench
from bench.pages import ENCODINGS, Client
from bench.portals import Server
from bench.rounds import interleaved, ratios

# Two workers and wrk share the machine: more clients only wait, fewer leave it idle.
CONNECTIONS = 16
# As behind a proxy without persistent connections. Those stay with one of the two workers, chosen by chance.
CLOSING = {"Connection": "close"}
BROWSER = {**CLOSING, "Accept-Encoding": ENCODINGS}
# The key of the CPU time in the details of a result.
CPU = "cpu_ms_per_1000"


@dataclass
class Page:
    """A page of a server; `cpu_s` and `requests` are sums over its measurements."""

    server: Server
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=lambda: BROWSER)
    cpu_s: float = 0.0
    requests: int = 0

    def rate(self, seconds: float, connections: int) -> float:
        """Requests a second."""
        before_s = processes.cpu_s(self.server.pid)
        load = wrk(self.server.port, self.path, seconds, connections, self.headers)
        self.cpu_s += processes.cpu_s(self.server.pid) - before_s
        self.requests += load.requests
        return load.requests_per_s

    @property
    def cpu_ms_per_1000(self) -> float:
        """CPU time of gunicorn and its workers for 1,000 requests, ms."""
        return round(1e6 * self.cpu_s / self.requests)


def in_turns(bench: Bench, pages: Sequence[Page], connections: int = CONNECTIONS) -> list[tuple[float, ...]]:
    """The request rates of all pages in each round."""
    return interleaved([partial(page.rate, bench.seconds, connections) for page in pages], bench.rounds)


def compared(
    bench: Bench, case: Page, control: Page, connections: int = CONNECTIONS
) -> tuple[tuple[float, ...], dict[str, Any]]:
    """Ratios of the request rates of two pages, one a round, and the CPU times of both for the details."""
    pairs = in_turns(bench, (case, control), connections)
    return tuple(ratios(pairs)), cpu_ms(case, control)


def cpu_ms(case: Page, control: Page) -> dict[str, Any]:
    """The CPU times of two pages, for the details of a result."""
    return {CPU: [case.cpu_ms_per_1000, control.cpu_ms_per_1000]}


def warm(port: int, path: str = "/", connections: int = CONNECTIONS) -> None:
    """Fill the page caches of both workers: wrk's connections reach both, though in random shares."""
    wrk(port, path, 1, connections, BROWSER)


def body(port: int, path: str = "/", encodings: str = ENCODINGS) -> bytes:
    """The body of a page as sent."""
    client = Client(port)
    try:
        return client.get(path, encodings)[1]
    finally:
        client.close()


def bare(folder: Path, name: str, content: bytes, worker_class: str = portals.STOCK) -> AbstractContextManager[Server]:
    """A server whose responses are the constant content, for comparison."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.body"
    file.write_bytes(content)
    return portals.control("bare", folder / f"{name}.log", worker_class, BENCH_BODY=str(file))
