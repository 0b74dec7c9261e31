"""The page cache in the workers, a cache at the edge, and both: `python -m bench.edge_comparison`, for ADR 15.

Paired rounds on this machine: gunicorn alone; nginx with the configuration of the edge cache in front of a gunicorn
without a page cache; both. The table is Markdown.
"""

import math
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import click
import psutil

from app import config, events, extensions
from app.localdev import servers
from app.localdev.ports import free_port
from app.store import change_log, transactions
from bench import data, nginx, portals
from bench.load import wrk
from bench.pages import ENCODINGS, Client
from bench.rounds import interleaved

FOLDER = data.HOME / "work" / "edge"
_CONNECTIONS = 16
# Pages that are rendered for each request: below the concurrency limit.
_FEW_CONNECTIONS = 4
_BROWSER = {"Accept-Encoding": ENCODINGS}
_READY_WITHIN_S = 10.0
# Longer than a page is fresh at the edge.
_EXPIRED_S = 1.2
# Any pages that each setup has stored before the portal stops.
_PAGES = ("/", "/missions", "/fleet", "/stats", "/api/v1/totals")


@dataclass
class Setup:
    """A portal with its port for visitors and its processes."""

    name: str
    port: int
    portal: portals.Server
    nginx: int | None = None
    values: dict[str, list[float]] = field(default_factory=dict)

    def processes(self) -> list[psutil.Process]:
        """Arbiter, workers, and the processes of nginx."""
        roots = [psutil.Process(pid) for pid in (self.portal.pid, self.nginx) if pid is not None]
        return [process for root in roots for process in (root, *root.children(recursive=True))]

    def cpu_s(self) -> float:
        """User and system time of all processes."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes())

    def memory_mb(self) -> float:
        """Memory of all processes; a page that several share counts once."""
        return sum(process.memory_full_info().pss for process in self.processes()) / 1e6


@contextmanager
def _setups(stores: data.Stores, database: str) -> Iterator[list[Setup]]:
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with ExitStack() as stack:
        cached = stack.enter_context(portals.started(*addresses, FOLDER / "in-process.log"))
        behind = stack.enter_context(portals.started(*addresses, FOLDER / "both.log"))
        uncached = stack.enter_context(
            portals.started(*addresses, FOLDER / "edge-only.log", HALOCLINE_PAGE_CACHE_BYTES="0")
        )
        setups = [Setup("in-process", cached.port, cached)]
        for name, portal in (("edge", uncached), ("both", behind)):
            port, pid = stack.enter_context(_edge(FOLDER / name, portal.port))
            setups.append(Setup(name, port, portal, pid))
        yield setups


@contextmanager
def _edge(folder: Path, portal_port: int) -> Iterator[tuple[int, int]]:
    """Port and process of the edge cache, with an empty cache."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port = free_port()
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen(nginx.edge_command(folder, port, portal_port), stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _READY_WITHIN_S
        while _status(port, "/livez") != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"nginx did not start: {(folder / 'nginx.log').read_text()}")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(_READY_WITHIN_S)


def _status(port: int, path: str) -> int:
    """The status of a response; 0 if there is none."""
    link = HTTPConnection("127.0.0.1", port, timeout=15)
    try:
        link.request("GET", path, headers=_BROWSER)
        response = link.getresponse()
        response.read()
    except (OSError, HTTPException):
        time.sleep(0.05)
        return 0
    else:
        return response.status
    finally:
        link.close()


def _hits(setup: Setup, seconds: float, headers: dict[str, str], name: str) -> float:
    """Requests a second; notes the CPU time of 1,000 of them."""
    before = setup.cpu_s()
    load = wrk(setup.port, "/", seconds, _CONNECTIONS, _BROWSER | headers)
    requests = load.requests_per_s * max(round(seconds), 1)
    setup.values.setdefault(f"{name}: CPU ms for 1,000", []).append((setup.cpu_s() - before) / requests * 1e6)
    setup.values.setdefault(f"{name}: p99, ms", []).append(load.p99_ms)
    return load.requests_per_s


def _origin_ms(setup: Setup, seconds: float) -> float:
    """CPU time of the portal for 1,000 requests that reach it, ms: those of the edge cache, a second and page each."""
    before = setup.cpu_s()
    load = wrk(setup.portal.port, "/", seconds, _FEW_CONNECTIONS, _BROWSER)
    return (setup.cpu_s() - before) / (load.requests_per_s * max(round(seconds), 1)) * 1e6


def _visible_s(setup: Setup, mission: dict[str, Any], profiles: int, phase: float) -> float:
    """The time from the commit of a change until a page that is requested all the time shows it, s.

    The change is made at this phase of a second, as nginx counts lifetimes in whole seconds.
    """
    path = f"/api/v1/missions/{mission['_id']}"
    client = Client(setup.port)

    def change(session: Any) -> int:
        extensions.mongo.db.missions.update_one(
            {"_id": mission["_id"]}, {"$set": {"figures.profiles": profiles}}, session=session
        )
        tags = (f"mission:{mission['_id']}", f"platform:{mission['platform']}")
        return change_log.append(tags, datetime.now(UTC), session)

    try:
        until = math.ceil(time.time() + _EXPIRED_S) + phase
        while time.time() < until:
            client.get(path, "identity")
        events.announce(transactions.run(change))
        began = time.perf_counter()
        wanted = f'"profiles":{profiles},'.encode()
        while wanted not in client.get(path, "identity")[1].replace(b" ", b""):
            time.sleep(0.005)
        return time.perf_counter() - began
    finally:
        client.close()


def _freshness(setups: Sequence[Setup], stores: data.Stores, database: str, rounds: int) -> None:
    """Note the time until a change is visible, in each setup in turn."""
    settings = config.load(mongodb_uri=stores.mongodb_uri, redis_url=stores.redis_url, mongodb_database=database)
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    mission = extensions.mongo.db.missions.find_one({"figures.profiles": data.PROFILES}, sort=[("_id", 1)]) or {}
    profiles = data.PROFILES
    for turn in range(rounds):
        for setup in setups:
            profiles += 1
            visible_s = _visible_s(setup, mission, profiles, phase=turn / rounds)
            setup.values.setdefault("change to page, s", []).append(visible_s)
    _visible_s(setups[0], mission, data.PROFILES, phase=0)


def _outage(setup: Setup) -> float:
    """The share of requests for stored pages that succeed while the portal is stopped."""
    for path in _PAGES:
        _status(setup.port, path)
    processes = setup.processes()[: 1 + len(psutil.Process(setup.portal.pid).children())]
    for process in processes:
        process.terminate()
    psutil.wait_procs(processes, timeout=60)
    time.sleep(_EXPIRED_S)
    statuses = [_status(setup.port, path) for path in _PAGES * 20]
    return statuses.count(200) / len(statuses)


def _table(setups: Sequence[Setup]) -> str:
    lines = ["| | " + " | ".join(setup.name for setup in setups) + " |", "|---" * (len(setups) + 1) + "|"]
    for name in setups[0].values:
        cells = []
        for setup in setups:
            values = sorted(setup.values[name])
            spread = f" ({values[0]:.3g} … {values[-1]:.3g})" if len(values) > 1 else ""
            cells.append(f"{statistics.median(values):.3g}{spread}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


@click.command()
@click.option("--rounds", default=9, show_default=True, type=click.IntRange(min=1))
@click.option("--seconds", default=2.0, show_default=True, help="Duration of each measurement in a round.")
def main(rounds: int, seconds: float) -> None:
    """Print the table of ADR 15: medians of the rounds, smallest and largest value."""
    stores = data.stores()
    try:
        database = data.prepare(stores.mongodb_uri, stores.redis_url, data.SMALL)
        with _setups(stores, database) as setups:
            for setup in setups:
                wrk(setup.port, "/", 1, _CONNECTIONS, _BROWSER)
            for name, headers in (("kept connections", {}), ("a connection each", {"Connection": "close"})):
                for values in interleaved([partial(_hits, setup, seconds, headers, name) for setup in setups], rounds):
                    for setup, value in zip(setups, values, strict=True):
                        setup.values.setdefault(f"{name}: requests/s", []).append(value)
            for values in interleaved([partial(_origin_ms, setup, seconds) for setup in setups], rounds):
                for setup, value in zip(setups, values, strict=True):
                    setup.values.setdefault("at the portal: CPU ms for 1,000", []).append(value)
            _freshness(setups, stores, database, rounds)
            for setup in setups:
                setup.values["memory, MB"] = [setup.memory_mb()]
                setup.values["portal stopped: stored pages served"] = [_outage(setup)]
            click.echo(_table(setups))
    finally:
        servers.stop(data.HOME)


if __name__ == "__main__":
    main()
