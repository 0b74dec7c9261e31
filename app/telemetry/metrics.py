"""All Prometheus metrics, declared once. Labels are bounded: route templates, never raw paths.

docs/metrics.md explains them. Under gunicorn, workers write values to files, which the metrics process aggregates.
"""

import platform
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

from app.telemetry import metric_slots

# Set before the first metric is created, because each metric looks up its value class then. Only a worker with a slot
# writes files, even if PROMETHEUS_MULTIPROC_DIR is set: commands in the same pod must not write to them.
_is_shared = metric_slots.current() is not None
values.ValueClass = values.MultiProcessValue(metric_slots.current) if _is_shared else values.MutexValue  # type: ignore[no-untyped-call]

# Not the library's default registry, which has collectors of its own.
registry = CollectorRegistry()

UNMATCHED = "__unmatched__"
OTHER_METHOD = "_OTHER"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

request_duration = Histogram(
    "http_server_request_duration_seconds",
    "Time from the arrival of a request's head to the end of the response body.",
    ["http_request_method", "http_route", "http_response_status_code"],
    # OpenTelemetry's boundaries. They must include the thresholds of the objectives, 0.25 and 1 s.
    buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
    registry=registry,
)
active_requests = Gauge(
    "http_server_active_requests",
    "Requests in progress.",
    ["http_request_method"],
    multiprocess_mode="livesum",
    registry=registry,
)
build_info = Gauge(
    "halocline_build_info",
    "Always 1; the labels describe the running build.",
    ["version", "revision", "python"],
    multiprocess_mode="max",
    registry=registry,
)
worker_threads = Gauge(
    "halocline_worker_threads",
    "Threads that render, or send a download.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_concurrency_limit = Gauge(
    "halocline_worker_concurrency_limit",
    "Concurrency limit: requests that may render at once; further ones wait up to a second and are then refused.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_threads_busy = Gauge(
    "halocline_worker_threads_busy",
    "Threads that render or send a response now.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_requests_waiting = Gauge(
    "halocline_worker_requests_waiting",
    "Requests that wait for a thread, or for a page that another thread renders.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_connections = Gauge(
    "halocline_worker_connections",
    "Open connections, idle ones included.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_starts = Counter("halocline_worker_starts", "Workers started since the container started.", registry=registry)
requests_shed = Counter(
    "halocline_requests_shed",
    "Requests refused with 503 to protect the others (load shedding).",
    ["reason"],
    registry=registry,
)
downloads_refused = Counter(
    "halocline_downloads_refused",
    "Downloads refused because the worker was sending as many as it may (503), or as many to this client (429).",
    ["limit"],
    registry=registry,
)
rate_limit_decisions = Counter(
    "halocline_rate_limit_decisions",
    "Requests that a rate limit allowed (allow) or refused with 429 (deny), by storage of the counts: redis or memory.",
    ["policy", "decision", "storage"],
    registry=registry,
)
rate_limit_redis_failures = Counter(
    "halocline_rate_limit_redis_failures",
    "Failed uses of Redis by the rate limits, which then count in the memory of the worker.",
    registry=registry,
)
dependency_up = Gauge(
    "halocline_dependency_up",
    "1 if the last check of the dependency succeeded in every worker, else 0.",
    ["dependency"],
    multiprocess_mode="livemin",
    registry=registry,
)

circuit_breaker_open = Gauge(
    "halocline_circuit_breaker_open",
    "Workers that go on without the dependency at once because it does not answer.",
    ["dependency"],
    multiprocess_mode="livesum",
    registry=registry,
)

page_cache_requests = Counter(
    "halocline_page_cache_requests",
    "Requests by outcome of the page cache: hit, miss, stale (old page during a refresh or after an error), bypass.",
    ["outcome"],
    registry=registry,
)
page_cache_bytes = Gauge(
    "halocline_page_cache_bytes",
    "Approximate memory that the cached pages of all workers take.",
    multiprocess_mode="livesum",
    registry=registry,
)
change_log_read = Gauge(
    "halocline_change_log_read_timestamp_seconds",
    "When the worker that is furthest behind last read the change log: its cached pages may be older than the data.",
    multiprocess_mode="livemin",
    registry=registry,
)
page_cache_redis_failures = Counter(
    "halocline_page_cache_redis_failures",
    "Failed uses of Redis by the page cache, which then goes on without it.",
    registry=registry,
)

for _outcome in ("hit", "miss", "stale", "bypass"):
    page_cache_requests.labels(_outcome)
for _policy in ("api", "search", "export"):
    for _decision in ("allow", "deny"):
        for _storage in ("redis", "memory"):
            rate_limit_decisions.labels(_policy, _decision, _storage)
for _limit in ("worker", "client"):
    downloads_refused.labels(_limit)
for _dependency in ("mongodb", "redis"):
    circuit_breaker_open.labels(_dependency)
requests_shed.labels("concurrency")  # Created at 0, so that the first refused request is an increase.


def method_label(method: str) -> str:
    """The method if it is a standard one, else `_OTHER`: clients can invent any number of methods."""
    return method if method in METHODS else OTHER_METHOD


def expect_routes(routes: Iterable[str]) -> None:
    """Create the series of each route at 0. A series that starts at 1 has no increase: its first error is lost."""
    for route in routes:
        for status in ("200", "404", "500", "503"):
            request_duration.labels("GET", route, status)


def set_build_info(version: str, revision: str) -> None:
    """Describe the running build."""
    build_info.labels(version, revision, platform.python_version()).set(1)
