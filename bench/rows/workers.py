"""Start time and memory of a web worker."""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from bench import data, portals
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
            worker = children(server.pid)[0]
            # `started` has waited until the worker is ready. The result is the age of the worker, from its fork on.
            client = Client(server.port)
            client.get("/")
            client.close()
            starts.append(_age_s(worker))
            sizes.append(memory_mb(worker, "VmRSS"))
    yield Measured("worker_start", tuple(starts), {"first_answer": "the landing page, rendered"})
    yield Measured("worker_memory", tuple(sizes))


def children(pid: int) -> list[int]:
    """The processes that this process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory_mb(pid: int, name: str) -> float:
    """A size in the status of a process, MB: `VmRSS`, or `VmHWM` for its peak. Source: proc(5)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)[0]) * 1024 / 1e6


def _age_s(pid: int) -> float:
    """Age of the process, s. Source: proc(5), field 22 of stat, the start time in clock ticks after boot."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
