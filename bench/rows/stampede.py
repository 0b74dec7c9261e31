"""An empty cache and 16 clients who ask for the same page at the same moment."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient
from redis import Redis

from bench import data, portals
from bench.measured import Bench, Measured
from bench.pages import Client

_CLIENTS = 16
# Both workers have served by then, have their connections and know most templates.
_WARMED_BY = ("/data", "/fleet", "/updates", "/status")
_TURNS = 8


@dataclass
class _Seen:
    times_s: list[float] = field(default_factory=list)
    failures: int = 0


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `stampede_renders`, `stampede_failures` and `stampede_slowest`; each round in a portal just started."""
    renders, failures, slowest, lone_ms = [], [], [], []
    for _ in range(bench.rounds):
        alone, _ = _asked(bench, 1)
        seen, rendered = _asked(bench, _CLIENTS)
        renders.append(float(rendered))
        failures.append(float(seen.failures))
        slowest.append(max(seen.times_s) / alone.times_s[0])
        lone_ms.append(1000 * alone.times_s[0])
    yield Measured("stampede_renders", tuple(renders), {"clients": _CLIENTS, "processes": 2})
    yield Measured("stampede_failures", tuple(failures))
    yield Measured("stampede_slowest", tuple(slowest), {"lone_ms": round(sorted(lone_ms)[len(lone_ms) // 2], 1)})


def _asked(bench: Bench, clients: int) -> tuple[_Seen, int]:
    """What so many clients saw who asked an empty portal for the landing page at once; how often it was rendered."""
    found = bench.stores
    database = data.prepare(found.mongodb_uri, found.redis_url, bench.small)
    with Redis.from_url(found.redis_url) as redis:
        redis.flushdb()
    seen, ready = _Seen(), threading.Barrier(clients)
    place = (found.mongodb_uri, found.redis_url, database)
    with (
        portals.running(*place, bench.folder / "stampede.log") as port,
        MongoClient[dict[str, Any]](found.mongodb_uri) as mongo,
    ):
        for path in _WARMED_BY * _TURNS:
            client = Client(port)
            client.get(path)
            client.close()

        def ask() -> None:
            client = Client(port)
            ready.wait()
            began = time.perf_counter()
            try:
                client.get("/")
            except (OSError, RuntimeError):
                seen.failures += 1
            seen.times_s.append(time.perf_counter() - began)
            client.close()

        before = _reads(mongo, database)
        threads = [threading.Thread(target=ask) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seen, _reads(mongo, database) - before


def _reads(mongo: MongoClient[dict[str, object]], database: str) -> int:
    """How often the totals were read, as each rendering of the landing page does once."""
    count: int = mongo.admin.command("top")["totals"][f"{database}.totals"]["queries"]["count"]
    return count
