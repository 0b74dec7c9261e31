"""The settings of gunicorn, each with its reason. docs/metrics.md describes the metric slots."""

import ctypes
import os
import resource
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

# prometheus_client reads this variable when it is first imported, so it is set before any module of the portal.
_own_metrics_dir = None
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    _own_metrics_dir = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="halocline-metrics-")

# structlog imports rich, if it is installed, to print tracebacks in colours: 3.5 MB in a process that writes JSON. The
# web image does not have the package, but the ingest image and a developer's machine do.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

# Libraries of the workers, imported before the fork: a worker starts in half the time, and workers share their memory.
# Not the portal's own modules, which create metrics, and not prometheus_client, which reads the metric slot.
import limits  # noqa: E402, F401
import pymongo  # noqa: E402, F401
import redis  # noqa: E402, F401
import spectree  # noqa: E402, F401
import whitenoise  # noqa: E402, F401
from gunicorn.glogging import Logger  # noqa: E402

from app.config import SettingsError, load_web  # noqa: E402
from app.telemetry import logs, metric_slots  # noqa: E402

try:
    _settings = load_web()
except SettingsError as error:
    # One line for each problem; 2 is the exit status for wrong usage. gunicorn itself would print a traceback.
    sys.stderr.write(f"{error}\n")
    sys.exit(2)

_metrics_dir = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
_metrics_dir.mkdir(parents=True, exist_ok=True)

wsgi_app = "app.wsgi:application"
bind = _settings.web_bind
proc_name = "halocline"

# An event loop owns the connections and answers from memory; threads render, which suits blocking database drivers.
worker_class = "app.server.worker.EventLoopWorker"
# From the settings, not from the number of cores of the node: a pod has only a share of them.
workers = _settings.web_workers
# As many as may render at once, and more for downloads.
threads = _settings.web_threads
# Connections of a worker, idle ones included. A proxy keeps up to 200 idle ones. At the limit, the worker closes
# the connection that has waited longest for its client, so that a probe can connect. Streams of live events come on
# top: they are never closed for others.
worker_connections = 512 + _settings.live_clients
# The default of 2048 hides an overload: connections would wait in the kernel instead of getting a 503.
backlog = 128

# Above the idle timeout of the proxy in front (Traefik 90 s, AWS ALB 60 s), so that gunicorn never closes a connection
# at the moment at which the proxy reuses it.
keepalive = 95
# Time to finish running requests. The grace period of the pod is preStop 10 s + this + 10 s of margin = 45 s.
graceful_timeout = 25
# It watches the event loop of the worker, not a request. MongoDB and Redis have timeouts of their own.
timeout = 60
# Recycling costs connections and hides leaks; 0 is off. `--max-requests` switches it on until a leak is fixed.
max_requests = 0
max_requests_jitter = 0

# The heartbeat file must be neither on a disk that can block nor on the read-only root of a container.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# It cannot be created on the read-only root of a container, and it is not used.
control_socket_disable = True
# Connections, threads and metric files must not cross a fork. Importing in each worker takes less than a second.
preload_app = False

# The addresses of the proxies whose X-Forwarded-Proto is trusted.
forwarded_allow_ips = _settings.forwarded_allow_ips
# By default gunicorn accepts the header SCRIPT_NAME from such a proxy, and proxies pass it on from any client: it would
# change the links of the portal, which is mounted at the root.
forwarder_headers = ""
# The paths and queries of the portal are shorter; longer ones are refused with 414 or 431 at little cost.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

logconfig_dict = logs.standard_library(_settings.log_level)


class _Log(Logger):  # type: ignore[misc]
    """The logger of gunicorn itself. app.telemetry.observe logs each request, with its route and its id."""

    # With `logconfig_dict` gunicorn would format an access line for each request and discard it, which takes a tenth of
    # the time of a cache hit.
    access_log_enabled = False


logger_class = _Log


# By default glibc has an arena for each thread and keeps freed memory for the next large block: after five minutes of
# mixed load two workers held 350 MB, with these settings 230. Measured CPU time is the same. Source: mallopt(3).
_MALLOC_OPTIONS = {
    -8: 2,  # M_ARENA_MAX: one thread at a time runs Python, so that threads rarely wait for an arena.
    -3: 128 << 10,  # M_MMAP_THRESHOLD: larger blocks are returned when they are freed. Setting it stops its growth.
    -1: 128 << 10,  # M_TRIM_THRESHOLD: as much free memory remains at the end of the heap.
}


def _bound_heap() -> None:
    """Set the options of the C library's allocator; nothing where it has none."""
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for option, value in _MALLOC_OPTIONS.items():
            library.mallopt(option, value)


def _raise_file_limit() -> None:
    """Allow a file descriptor for each connection, as far as the system permits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Beside the connections: logs, metrics, connections to MongoDB and Redis.
    needed = worker_connections + 512
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else min(needed, hard), hard)
        )


def on_starting(_server: Any) -> None:
    """In the arbiter, once, before the first worker: delete the metrics of an earlier container."""
    metric_slots.wipe(_metrics_dir)
    _raise_file_limit()


def pre_fork(server: Any, worker: Any) -> None:
    """In the arbiter, which has the list of living workers: choose the slot of the new worker."""
    worker.slot = metric_slots.lowest_free(sibling.slot for sibling in server.WORKERS.values())
    # gunicorn numbers the workers that it starts.
    worker.start_reason = "boot" if worker.age <= server.cfg.workers else "replaced"


def post_fork(_server: Any, worker: Any) -> None:
    """In the worker, before it loads the application: take the metric slot."""
    if "app.telemetry.metrics" in sys.modules:
        raise RuntimeError(
            "app.telemetry.metrics was imported before the worker had its slot: its metrics would be lost"
        )
    metric_slots.take(worker.slot)
    _bound_heap()


def post_worker_init(worker: Any) -> None:
    """In the worker, after the application is loaded and gunicorn has set its signal handlers: start serving."""
    from app import wsgi

    worker.ready, worker.on_tick, worker.on_stop = wsgi.ready, wsgi.on_tick, wsgi.end_streams
    worker.concurrency_limit = _settings.web_concurrency_limit
    worker.body_routes = wsgi.routes_with_body
    wsgi.start_worker(worker.cfg.threads, worker.start_reason, worker.call_soon)
    stop: Any = signal.getsignal(signal.SIGTERM)

    def drain(signum: int, frame: FrameType | None) -> None:
        wsgi.drain_worker()
        stop(signum, frame)

    signal.signal(signal.SIGTERM, drain)
    # As gunicorn sets it: system calls that the signal interrupts are restarted.
    signal.siginterrupt(signal.SIGTERM, False)


def worker_exit(_server: Any, _worker: Any) -> None:
    """In the worker, after its last response: stop its threads and close its connections."""
    if "app.wsgi" in sys.modules:
        sys.modules["app.wsgi"].stop_worker()


def child_exit(_server: Any, worker: Any) -> None:
    """In the arbiter, after a worker has ended for any reason: release its slot."""
    metric_slots.release(worker.slot)


def on_exit(_server: Any) -> None:
    """In the arbiter, at the end: delete the metrics directory if this process created it."""
    if _own_metrics_dir:
        shutil.rmtree(_own_metrics_dir, ignore_errors=True)
