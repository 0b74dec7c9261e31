"""A cache stampede: an empty cache and 16 clients that request the same page at the same moment."""

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
# After these pages both workers have their connections and most templates in memory.
_WARMED_BY = ("/data", "/fleet", "/updates", "/status")
_TURNS = 8


@dataclass
class _Responses:
    times_s: list[float] = field(default_factory=list)
    failures: int = 0


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `stampede_renders`, `stampede_failures` and `stampede_slowest`; each round starts a new portal."""
    renders, failures, slowest, lone_ms = [], [], [], []
    for _ in range(bench.rounds):
        single, reads_a_rendering = _requested(bench, 1)
        responses, reads = _requested(bench, _CLIENTS)
        renders.append(reads / reads_a_rendering)
        failures.append(float(responses.failures))
        slowest.append(max(responses.times_s) / single.times_s[0])
        lone_ms.append(1000 * single.times_s[0])
    yield Measured("stampede_renders", tuple(renders), {"clients": _CLIENTS, "processes": 2})
    yield Measured("stampede_failures", tuple(failures))
    yield Measured("stampede_slowest", tuple(slowest), {"lone_ms": round(sorted(lone_ms)[len(lone_ms) // 2], 1)})


def _requested(bench: Bench, clients: int) -> tuple[_Responses, int]:
    """Responses to clients that request the landing page at once with an empty cache, and the reads of missions."""
    stores = bench.stores
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    with Redis.from_url(stores.redis_url) as redis:
        redis.flushdb()
    responses, ready = _Responses(), threading.Barrier(clients)
    addresses = (stores.mongodb_uri, stores.redis_url, database)
    with (
        portals.running(*addresses, bench.folder / "stampede.log") as port,
        MongoClient[dict[str, Any]](stores.mongodb_uri) as mongo,
    ):
        for path in _WARMED_BY * _TURNS:
            client = Client(port)
            client.get(path)
            client.close()

        def request() -> None:
            client = Client(port)
            ready.wait()
            began = time.perf_counter()
            try:
                client.get("/")
            except (OSError, RuntimeError):
                responses.failures += 1
            responses.times_s.append(time.perf_counter() - began)
            client.close()

        before = _reads(mongo, database)
        threads = [threading.Thread(target=request) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return responses, _reads(mongo, database) - before


def _reads(mongo: MongoClient[dict[str, object]], database: str) -> int:
    """The number of reads of missions so far; each rendering of the landing page makes equally many."""
    count: int = mongo.admin.command("top")["totals"][f"{database}.missions"]["queries"]["count"]
    return count
