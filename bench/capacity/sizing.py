"""What follows from a knee: requests, replicas, threads, pools and limits. Arithmetic without input or output."""

import dataclasses
import math
from collections.abc import Generator, Iterator

from app.http.download_slots import WORKER_LIMIT as DOWNLOADS
from bench.capacity import pods as other_pods

# Of the web container in deploy/k8s/base/web: two workers with full caches of 32 MiB had 235 MiB, so each has 86 MiB
# besides its cache; the metric files have 32 MiB; the margin for peaks is 1.4.
WORKER_MIB, METRIC_FILES_MIB, MEMORY_MARGIN = 86, 32, 1.4
# The surge of a rollout in deploy/k8s/base/web.
SURGE = 0.25
# app/extensions.py and app/http/rate_counters.py: connections of a worker beside one for each thread.
MONGODB_SPARE, REDIS_SPARE, RATE_SPARE = 3, 3, 2
# pymongo monitors each member with two connections, one for changes of state and one for the round-trip time.
MONITORS = 2
# Importer, verification, backup and an administrator at once, each with the pool of a default worker.
OTHER_CLIENTS, OTHER_POOL = 4, 12
# Replication, heartbeats of the members, an exporter and a shell.
SERVER_CONNECTIONS = 16
# A connection of mongod has a stack of up to 1 MiB; cursors, sorts and the process need the rest.
MONGODB_CONNECTION_MIB, MONGODB_REST_MIB = 1, 256
# A page of 30 kB with its compressed forms; a connection's buffers; Redis fragments a quarter of its memory.
PAGE_KIB, REDIS_CONNECTION_KIB, REDIS_MARGIN = 40, 20, 4 / 3
# Requests below it are overtaken by the sidecar and the health checks.
LEAST_REQUEST_M = 100
# Above it, no time is left for the measurement itself.
MOST_TARGET = 90


@dataclasses.dataclass(frozen=True, slots=True)
class Inputs:
    """The knee, the expected traffic and the choices of the operator."""

    # Of the load test.
    achieved_per_s: float
    cores: float
    measured_workers: int
    # The expected peak at the web pods, without what a CDN or an edge cache answers.
    peak_rps: float
    # How much more than the expected peak the largest number of replicas must serve.
    surge: float = 3
    growth_per_min: float = 0.4
    reaction_s: float = 100
    zones: int = 3
    workers: int = 2
    # A rendering of the landing page (docs/performance.md, `miss`), and its wait for a MongoDB in the same zone.
    render_cpu_ms: float = 5.6
    render_wait_ms: float = 4
    page_cache_mib: int = 32
    working_set_gib: float = 0.5
    hot_pages: int = 2400
    # The defaults of mongod and of Redis; managed servers allow fewer.
    mongodb_connections: int = 65_536
    redis_connections: int = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One result with its formula; `limit` is what it must not exceed."""

    name: str
    value: float
    unit: str
    formula: str
    limit: float | None = None

    @property
    def is_exceeded(self) -> bool:
        """True if the value is above its limit."""
        return self.limit is not None and self.value > self.limit


def mongodb_pool(threads: int) -> int:
    """The connections that a worker opens to a member of MongoDB, without those of the monitors."""
    return threads + MONGODB_SPARE


def redis_pools(threads: int) -> int:
    """The connections that a worker opens to Redis: for the caches, and for the counters of the rate limits."""
    return threads + REDIS_SPARE + threads + RATE_SPARE


def hpa_target(growth_per_min: float, reaction_s: float) -> int:
    """The utilisation, in per cent, from which the load reaches 100 % of the requests while new pods start."""
    return min(MOST_TARGET, max(1, math.floor(100 / (1 + growth_per_min * reaction_s / 60))))


def figures(given: Inputs) -> Iterator[Figure]:
    """Yield the figures in the order in which they follow from each other."""
    cpu_ms = 1000 * given.cores / given.achieved_per_s
    peak_cores = given.peak_rps * cpu_ms / 1000
    yield Figure(
        "CPU time of a request", cpu_ms, "ms", f"1000 x {given.cores:g} cores / {given.achieved_per_s:g} requests/s"
    )
    yield Figure("cores at the peak", peak_cores, "cores", f"{given.peak_rps:g} requests/s x {cpu_ms:.3g} ms / 1000")
    target = hpa_target(given.growth_per_min, given.reaction_s)
    growth = f"{given.growth_per_min:g}/min x {given.reaction_s:g} s / 60"
    yield Figure("HPA target", target, "%", f"100 / (1 + {growth}), rounded down, at most {MOST_TARGET}")
    request_m = yield from _request(given, peak_cores, target)
    pods = yield from _replicas(given, peak_cores, target, request_m)
    threads = yield from _threads(given)
    yield from _mongodb(given, pods, threads)
    yield from _redis(given, pods, threads)


def _request(given: Inputs, peak_cores: float, target: int) -> Generator[Figure, None, int]:
    worker_cores = given.cores / given.measured_workers
    yield Figure("cores of a worker", worker_cores, "cores", f"{given.cores:g} / {given.measured_workers} workers")
    most_m = given.workers * worker_cores * 1000
    needed_m = 100_000 * peak_cores / (target * given.zones)
    request_m = max(LEAST_REQUEST_M, 10 * math.ceil(min(most_m, needed_m) / 10))
    yield Figure(
        "CPU request",
        request_m,
        "m",
        f"the smaller of {given.workers} workers x {worker_cores:.3g} and {peak_cores:.3g} cores / {target} % / "
        f"{given.zones} replicas, in steps of 10, at least {LEAST_REQUEST_M}",
    )
    return request_m


def _replicas(given: Inputs, peak_cores: float, target: int, request_m: float) -> Generator[Figure, None, int]:
    share = request_m / 1000 * target / 100
    at_peak = max(given.zones, math.ceil(round(peak_cores / share, 6)))
    formula = f"cores / ({request_m:g}m x {target} %), rounded up"
    yield Figure("minReplicas", given.zones, "", f"{given.zones} zones, one in each")
    yield Figure("replicas at the peak", at_peak, "", f"{peak_cores:.3g} {formula}, at least minReplicas")
    most = max(given.zones + 1, math.ceil(round(given.surge * peak_cores / share, 6)))
    yield Figure("maxReplicas", most, "", f"{given.surge:g} x {peak_cores:.3g} {formula}, at least minReplicas + 1")
    memory_mib = MEMORY_MARGIN * (given.workers * (WORKER_MIB + given.page_cache_mib) + METRIC_FILES_MIB)
    workers = f"{given.workers} workers x ({WORKER_MIB} + {given.page_cache_mib} MiB of pages)"
    formula = f"{MEMORY_MARGIN} x ({workers} + {METRIC_FILES_MIB}), in steps of 64"
    yield Figure("memory of a web pod", 64 * math.ceil(memory_mib / 64), "MiB", formula)
    pods = most + math.ceil(most * SURGE)
    yield Figure("pods in a rollout", pods, "", f"maxReplicas + {SURGE:.0%} of it, rounded up")
    return pods


def _threads(given: Inputs) -> Generator[Figure, None, int]:
    limit = math.ceil(1 + given.render_wait_ms / given.render_cpu_ms) + 1
    ratio = f"{given.render_wait_ms:g} ms of waiting / {given.render_cpu_ms:g} ms of CPU time"
    yield Figure("WEB_CONCURRENCY_LIMIT", limit, "", f"1 + {ratio}, rounded up, and 1 for variation")
    threads = limit + DOWNLOADS
    yield Figure("WEB_THREADS", threads, "", f"WEB_CONCURRENCY_LIMIT + {DOWNLOADS} downloads")
    return threads


def _mongodb(given: Inputs, pods: int, threads: int) -> Iterator[Figure]:
    pool = mongodb_pool(threads)
    yield Figure("MongoDB pool of a worker", pool, "", f"WEB_THREADS + {MONGODB_SPARE}")
    beside_web = other_pods.connections()
    of_web = pods * given.workers * (pool + MONITORS)
    connections = of_web + OTHER_CLIENTS * OTHER_POOL + beside_web + SERVER_CONNECTIONS
    yield Figure(
        "MongoDB connections",
        connections,
        "",
        f"{pods} pods x {given.workers} workers x ({pool} + {MONITORS} monitors) + {OTHER_CLIENTS} other clients x "
        f"{OTHER_POOL} + {beside_web} of the pods beside web + {SERVER_CONNECTIONS} of the servers; at the "
        "primary",
        given.mongodb_connections,
    )
    cache_mib = 1024 * given.working_set_gib
    memory_mib = max(2 * cache_mib, cache_mib + connections * MONGODB_CONNECTION_MIB + MONGODB_REST_MIB)
    yield Figure("WiredTiger cache", given.working_set_gib, "GiB", "the working set: indexes and newest missions")
    yield Figure(
        "memory of a MongoDB pod",
        256 * math.ceil(memory_mib / 256),
        "MiB",
        f"the larger of 2 x cache and cache + {connections} connections x {MONGODB_CONNECTION_MIB} + "
        f"{MONGODB_REST_MIB}, in steps of 256",
    )


def _redis(given: Inputs, pods: int, threads: int) -> Iterator[Figure]:
    pools = redis_pools(threads)
    connections = pods * given.workers * pools
    yield Figure(
        "Redis connections",
        connections,
        "",
        f"{pods} pods x {given.workers} workers x ({threads} + {REDIS_SPARE} for caches, {threads} + {RATE_SPARE} for "
        "rate limits)",
        given.redis_connections,
    )
    pages_mib = given.hot_pages * PAGE_KIB / 1024
    yield Figure("Redis maxmemory", math.ceil(pages_mib), "MiB", f"{given.hot_pages} pages x {PAGE_KIB} KiB")
    memory_mib = pages_mib * REDIS_MARGIN + connections * REDIS_CONNECTION_KIB / 1024
    formula = f"maxmemory x 4/3 + {connections} connections x {REDIS_CONNECTION_KIB} KiB, in steps of 16"
    yield Figure("memory of the Redis pod", 16 * math.ceil(memory_mib / 16), "MiB", formula)
