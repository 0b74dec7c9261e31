"""Every Prometheus instrument, declared once. Labels are bounded: route templates, never raw paths.

Meanings are in docs/metrics.md. Under gunicorn the values live in files that the metrics process adds up.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

from app.http import metric_slots

# Before the first instrument: each asks for its value's class when it is made. Only a worker with a slot writes files,
# whatever the environment says: commands in the same pod must not write into them.
_shared = metric_slots.current() is not None
values.ValueClass = values.MultiProcessValue(metric_slots.current) if _shared else values.MutexValue  # type: ignore[no-untyped-call]

# Not the library's default registry, which brings collectors of its own.
registry = CollectorRegistry()

UNMATCHED = "__unmatched__"
OTHER_METHOD = "_OTHER"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

request_duration = Histogram(
    "http_server_request_duration_seconds",
    "Time from the first byte of a request to the end of its answer's body.",
    ["http_request_method", "http_route", "http_response_status_code"],
    # OpenTelemetry's boundaries: the objectives' thresholds, 0.25 and 1 s, must be among them.
    buckets=(0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10),
    registry=registry,
)
active_requests = Gauge(
    "http_server_active_requests",
    "Requests being answered now.",
    ["http_request_method"],
    multiprocess_mode="livesum",
    registry=registry,
)
build_info = Gauge(
    "halocline_build_info",
    "Always 1; the labels say what runs.",
    ["version", "revision", "python"],
    multiprocess_mode="max",
    registry=registry,
)
worker_threads = Gauge(
    "halocline_worker_threads",
    "Threads that answer requests.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_places = Gauge(
    "halocline_worker_places",
    "Requests that may be answered at once; further ones wait a moment and are then turned away.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_threads_busy = Gauge(
    "halocline_worker_threads_busy",
    "Threads that hold a request now, answering or waiting for a place.",
    multiprocess_mode="livesum",
    registry=registry,
)
worker_starts = Counter("halocline_worker_starts", "Workers started since the container started.", registry=registry)
requests_shed = Counter(
    "halocline_requests_shed",
    "Requests turned away with 503 to protect the rest.",
    ["reason"],
    registry=registry,
)
downloads_refused = Counter(
    "halocline_downloads_refused",
    "Downloads refused with 503 because the worker was sending as many as it may.",
    registry=registry,
)
rate_limit_decisions = Counter(
    "halocline_rate_limit_decisions",
    "Requests that a rate limit let in (allow) or refused with 429 (deny), by where it counted: redis or memory.",
    ["policy", "decision", "storage"],
    registry=registry,
)
dependency_up = Gauge(
    "halocline_dependency_up",
    "1 when the last check of the dependency succeeded in every worker, else 0.",
    ["dependency"],
    multiprocess_mode="livemin",
    registry=registry,
)

page_cache_answers = Counter(
    "halocline_page_cache_answers",
    "Requests by how the page cache met them: hit, miss, stale (the old page while the new one is made), bypass.",
    ["outcome"],
    registry=registry,
)
page_cache_bytes = Gauge(
    "halocline_page_cache_bytes",
    "About what the pages kept by all workers take.",
    multiprocess_mode="livesum",
    registry=registry,
)
change_log_read = Gauge(
    "halocline_change_log_read_timestamp_seconds",
    "When the worker that is furthest behind last read the change log: what it keeps may be older than the data.",
    multiprocess_mode="livemin",
    registry=registry,
)
page_cache_redis_failures = Counter(
    "halocline_page_cache_redis_failures",
    "Times that the page cache went on without Redis.",
    registry=registry,
)

for _outcome in ("hit", "miss", "stale", "bypass"):
    page_cache_answers.labels(_outcome)
for _policy in ("api", "search", "export"):
    for _decision in ("allow", "deny"):
        for _storage in ("redis", "memory"):
            rate_limit_decisions.labels(_policy, _decision, _storage)
requests_shed.labels("concurrency")  # Born at 0, so that the first one shed is an increase.


def method_label(method: str) -> str:
    """The method when it is a usual one, else `_OTHER`: clients may invent methods without end."""
    return method if method in METHODS else OTHER_METHOD


def expect_routes(routes: Iterable[str]) -> None:
    """Creates the series of each route at 0. A series born at 1 shows no increase: the first error would be lost."""
    for route in routes:
        for status in ("200", "404", "500", "503"):
            request_duration.labels("GET", route, status)
