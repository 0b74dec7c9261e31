"""Memory of the workers under mixed load for half an hour: its peak, and its rise after the warm-up."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import data, mixed_load, portals, processes
from bench.measured import Bench, Measured

_CLIENTS = 16
_MINUTES = 30
# The caches are full and each thread has served the largest responses.
_WARM_UP = 2 / 3
_PAUSE_S = 5.0


def measure(bench: Bench) -> Iterator[Measured]:
    """The aims `memory_peak` and `memory_rise`; HALOCLINE_BENCH_SOAK_S shortens the load."""
    duration_s = float(os.environ.get("HALOCLINE_BENCH_SOAK_S", _MINUTES * 60))
    stores = bench.stores
    database = data.prepare(stores.mongodb_uri, stores.redis_url, bench.small)
    mission = data.active_mission(stores, bench.small)
    log = bench.folder / "memory" / "portal.log"
    with portals.started(stores.mongodb_uri, stores.redis_url, database, log) as server:
        pids = [server.pid, *processes.children(server.pid)]
        fresh_mb = _proportional_mb(pids)
        samples: list[tuple[float, float]] = []
        with mixed_load.running(server.port, mission, _CLIENTS) as statuses:
            began = time.monotonic()
            while (elapsed_s := time.monotonic() - began) < duration_s:
                time.sleep(_PAUSE_S)
                samples.append((elapsed_s, _proportional_mb(pids)))
        peak_mb = sum(processes.memory_mb(pid, "VmHWM") for pid in pids)
    by_status = {str(status): count for status, count in sorted(statuses.items())}
    about = {"fresh": round(fresh_mb), "sum of peaks": round(peak_mb), "statuses": by_status}
    yield Measured("memory_peak", (max(size for _, size in samples),), about)
    yield Measured("memory_rise", (_rise_mb(samples, duration_s),), {"seconds": round(duration_s)})


def _rise_mb(samples: list[tuple[float, float]], duration_s: float) -> float:
    """The rise in ten minutes after the warm-up, MB: between the medians of both halves of the rest."""
    rest = [(at_s, size) for at_s, size in samples if at_s > duration_s * _WARM_UP]
    half = len(rest) // 2
    (first_s, first), (last_s, last) = (
        (median(at_s for at_s, _ in part), median(size for _, size in part)) for part in (rest[:half], rest[half:])
    )
    return (last - first) / (last_s - first_s) * 600


def _proportional_mb(pids: list[int]) -> float:
    """The memory of the processes as a container counts it, MB: pages that they share count once. Source: proc(5)."""
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
    sizes_kb = [int(line.split()[1]) for text in texts for line in text.splitlines() if line.startswith("Pss:")]
    return sum(sizes_kb) * 1024 / 1e6
