"""Start time and memory of a web worker."""

from collections.abc import Iterator

from bench import data, portals, processes
from bench.measured import Bench, Measured
from bench.pages import Client


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `worker_start` and `worker_memory`, of gunicorn with one worker."""
    stores, folder = bench.stores, bench.folder / "workers"
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    starts, sizes = [], []
    for _ in range(max(bench.rounds // 2, 3)):
        with portals.started(
            stores.mongodb_uri, stores.redis_url, database, folder / "worker.log", WEB_WORKERS="1"
        ) as server:
            worker = processes.children(server.pid)[0]
            # `started` has waited until the worker is ready. The result is the age of the worker, from its fork on.
            client = Client(server.port)
            client.get("/")
            client.close()
            starts.append(processes.age_s(worker))
            sizes.append(processes.memory_mb(worker, "VmRSS"))
    yield Measured("worker_start", tuple(starts), {"first_answer": "the landing page, rendered"})
    yield Measured("worker_memory", tuple(sizes))
