"""All Prometheus metrics, declared once. Labels are bounded: route templates, never raw paths.

docs/metrics.md explains them. Under gunicorn, workers write values to files, which the metrics process aggregates.
"""

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

from app.telemetry import metric_slots
from app.telemetry.request_series import RequestDurations

# Set before the first metric is created, because each metric looks up its value class then. Only a worker with a slot
# writes files, even if PROMETHEUS_MULTIPROC_DIR is set: commands in the same pod must not write to them.
_is_shared = metric_slots.current() is not None
values.ValueClass = values.MultiProcessValue(metric_slots.current) if _is_shared else values.MutexValue  # type: ignore[no-untyped-call]

# Not the library's default registry, which has collectors of its own.
registry = CollectorRegistry()

request_duration = RequestDurations(
    "Time from the arrival of a request's head to the end of the response body.", registry
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
worker_starts = Counter(
    "halocline_worker_starts",
    "Workers started since the container started: with it (boot), or in place of another one (replaced).",
    ["reason"],
    registry=registry,
)
process_resident_memory = Gauge(
    "halocline_process_resident_memory_bytes",
    "Resident memory of all workers. Pages that they share count for each of them.",
    multiprocess_mode="livesum",
    registry=registry,
)
process_cpu = Counter("halocline_process_cpu_seconds", "CPU time of all workers, user and system.", registry=registry)
process_gc_pause = Counter(
    "halocline_process_gc_pause_seconds",
    "Time in which garbage collections of Python stopped all threads of a worker.",
    registry=registry,
)
process_open_fds = Gauge(
    "halocline_process_open_fds",
    "Open file descriptors of all workers.",
    multiprocess_mode="livesum",
    registry=registry,
)
log_messages = Counter(
    "halocline_log_messages",
    "Log messages of workers, by level; not the lines of requests.",
    ["level"],
    registry=registry,
)
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

dependency_request_duration = Histogram(
    "halocline_dependency_request_duration_seconds",
    "Time that MongoDB or Redis took for a command, or to decide on the rate limit of a request.",
    ["dependency", "operation", "outcome"],
    # A healthy answer, a slow one, and one that only a timeout ended.
    buckets=(0.01, 0.1, 1),
    registry=registry,
)
mongodb_pool_connections = Gauge(
    "halocline_mongodb_pool_connections",
    "Connections to MongoDB of all workers.",
    ["state"],
    multiprocess_mode="livesum",
    registry=registry,
)
mongodb_pool_limit = Gauge(
    "halocline_mongodb_pool_limit",
    "Most connections that all workers may open to each server of MongoDB.",
    multiprocess_mode="livesum",
    registry=registry,
)
mongodb_pool_wait = Histogram(
    "halocline_mongodb_pool_wait_seconds",
    "Time that a command waited for a connection of the pool, the opening of a new one included.",
    buckets=(0.01, 0.1, 1),
    registry=registry,
)
mongodb_pool_checkout_failures = Counter(
    "halocline_mongodb_pool_checkout_failures",
    "Commands that got no connection: none became free in time (timeout), or none could be opened (connection).",
    ["reason"],
    registry=registry,
)
redis_pool_connections = Gauge(
    "halocline_redis_pool_connections",
    "Connections to Redis of all workers, except those of the rate limits.",
    ["state"],
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
change_lag = Gauge(
    "halocline_change_lag_seconds",
    "Time from the last change of the data to its invalidation of cached pages, in the slowest worker.",
    multiprocess_mode="livemax",
    registry=registry,
)
live_clients = Gauge(
    "halocline_live_clients",
    "Open pages that receive live events.",
    multiprocess_mode="livesum",
    registry=registry,
)
live_events = Counter(
    "halocline_live_events",
    "Events sent to open pages: changed tags (change), or the request to start again (resync).",
    ["event"],
    registry=registry,
)
live_refused = Counter(
    "halocline_live_refused",
    "Streams of live events refused: the worker stops or starts (draining), or too many are open in it (worker) or "
    "for the address (address).",
    ["limit"],
    registry=registry,
)
live_streams_ended = Counter(
    "halocline_live_streams_ended",
    "Streams of live events that ended: by the client, because it was slow, after their lifetime, or by a drain.",
    ["reason"],
    registry=registry,
)
page_cache_redis_failures = Counter(
    "halocline_page_cache_redis_failures",
    "Failed uses of Redis by the page cache, which then goes on without it.",
    registry=registry,
)

# Operations of each dependency. Others count as `other`.
OPERATIONS = {
    "mongodb": ("find", "aggregate", "getMore", "other"),
    "redis": ("get", "set", "rate_limit", "other"),
}
OUTCOMES = ("ok", "error", "timeout")
POOL_STATES = ("in_use", "idle")
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

# Every series exists from the start at 0: one that starts at 1 has no increase, so its first event would be lost.
for _outcome in ("hit", "miss", "stale", "bypass"):
    page_cache_requests.labels(_outcome)
for _policy in ("api", "search", "export", "positions", "wrong_key"):
    for _decision in ("allow", "deny"):
        for _storage in ("redis", "memory"):
            rate_limit_decisions.labels(_policy, _decision, _storage)
for _limit in ("worker", "client"):
    downloads_refused.labels(_limit)
for _limit in ("draining", "worker", "address"):
    live_refused.labels(_limit)
for _event in ("change", "resync"):
    live_events.labels(_event)
for _reason in ("client", "slow", "lifetime", "drain"):
    live_streams_ended.labels(_reason)
for _dependency, _operations in OPERATIONS.items():
    for _operation in _operations:
        for _outcome in OUTCOMES:
            dependency_request_duration.labels(_dependency, _operation, _outcome)
for _state in POOL_STATES:
    mongodb_pool_connections.labels(_state)
    redis_pool_connections.labels(_state)
for _reason in ("timeout", "connection"):
    mongodb_pool_checkout_failures.labels(_reason)
for _reason in ("boot", "replaced"):
    worker_starts.labels(_reason)
for _level in LOG_LEVELS:
    log_messages.labels(_level)
for _dependency in OPERATIONS:
    circuit_breaker_open.labels(_dependency)
for _limit in ("concurrency", "bodies"):
    requests_shed.labels(_limit)


def count_log_message(level: str) -> None:
    """Count a message; levels that libraries define count as `info`."""
    log_messages.labels(level if level in LOG_LEVELS else "info").inc()


def set_build_info(version: str, revision: str) -> None:
    """Describe the running build."""
    build_info.labels(version, revision, platform.python_version()).set(1)
