"""gunicorn's settings, each with its reason. docs/metrics.md tells about the slots."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

# prometheus_client decides where values live when it is first imported, so this comes before anything of ours.
_own_metrics_dir = None
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    _own_metrics_dir = os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="halocline-metrics-")

from gunicorn.glogging import Logger  # noqa: E402

from app import logs  # noqa: E402
from app.config import SettingsError, load  # noqa: E402
from app.http import metric_slots  # noqa: E402

try:
    _settings = load()
except SettingsError as error:
    # One line a problem; 2 is the status of wrong usage. gunicorn's own way would be a traceback.
    sys.stderr.write(f"{error}\n")
    sys.exit(2)

_metrics_dir = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
_metrics_dir.mkdir(parents=True, exist_ok=True)

wsgi_app = "app.wsgi:application"
bind = _settings.web_bind
proc_name = "halocline"

# Keeps connections alive (the sync worker does not) and drains well; threads suit drivers that wait for a database.
worker_class = "gthread"
# From the settings, never from the node's number of cores: a pod has its share of them only.
workers = _settings.web_workers
# The concurrency limit plus a reserve that answers probes and turns visitors away.
threads = _settings.web_threads
# Connections of a worker, idle ones included. A proxy keeps up to 200 idle ones, and a worker at this number accepts
# nobody, not even a probe. Overload is bounded by the concurrency limit, which refuses quickly.
worker_connections = 512
# The default of 2048 hides an overload: visitors would wait in the kernel instead of being told.
backlog = 128

# Above the idle timeout of the proxy in front (Traefik 90 s, AWS ALB 60 s), so that it is never we who close a
# connection in the moment in which the proxy reuses it.
keepalive = 95
# Time to finish what has begun. The pod's grace period is preStop 10 s + this + 10 s of margin = 45 s.
graceful_timeout = 25
# For threads this watches the worker's main loop, not a request: requests have deadlines towards their dependencies.
timeout = 60
# Recycling costs connections and hides leaks; 0 is off. `--max-requests` switches it on to bridge a leak.
max_requests = 0
max_requests_jitter = 0

# The heartbeat file must not be on a disk that can block, nor on the read-only root of a container.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
# Not written in a container with a read-only root, and nobody uses it.
control_socket_disable = True
# Connections, threads and metric files must not cross a fork; importing takes less than a second.
preload_app = False

# Whose X-Forwarded-Proto is believed: the proxies' addresses.
forwarded_allow_ips = _settings.forwarded_allow_ips
# By default gunicorn takes SCRIPT_NAME from such a proxy, and proxies pass it on from anybody: it would rewrite our
# links. We are mounted at the root.
forwarder_headers = ""
# Our paths and queries are short; what is longer gets 400 from gunicorn before it costs anything.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

logconfig_dict = logs.standard_library(_settings.log_level)


class _Log(Logger):  # type: ignore[misc]
    """What gunicorn says of itself. app.http.observe writes one line a request, with its route and its id."""

    # With `logconfig_dict` gunicorn would gather a line of its own for each request, a tenth of what a warm answer
    # costs, for a log that nobody keeps.
    access_log_enabled = False


logger_class = _Log


def on_starting(_server: Any) -> None:
    """In the arbiter, once, before the first worker: totals of an earlier container are not ours."""
    metric_slots.wipe(_metrics_dir)


def pre_fork(server: Any, worker: Any) -> None:
    """In the arbiter, which alone knows who lives: the slot of the worker to come."""
    worker.slot = metric_slots.lowest_free(sibling.slot for sibling in server.WORKERS.values())


def post_fork(_server: Any, worker: Any) -> None:
    """In the worker, before it loads the application."""
    if "app.metrics" in sys.modules:
        raise RuntimeError("app.metrics was imported before the worker had its slot: its numbers would be lost")
    metric_slots.take(worker.slot)


def post_worker_init(worker: Any) -> None:
    """In the worker, with the application loaded and gunicorn's signal handlers in place."""
    from app import wsgi

    wsgi.started(worker.cfg.threads)
    stop: Any = signal.getsignal(signal.SIGTERM)

    def drain(signum: int, frame: FrameType | None) -> None:
        wsgi.draining()
        stop(signum, frame)

    signal.signal(signal.SIGTERM, drain)
    # As gunicorn has it: calls that are under way go on.
    signal.siginterrupt(signal.SIGTERM, False)


def worker_exit(_server: Any, _worker: Any) -> None:
    """In the worker, after its last answer."""
    if "app.wsgi" in sys.modules:
        sys.modules["app.wsgi"].stopped()


def child_exit(_server: Any, worker: Any) -> None:
    """In the arbiter, when a worker is gone, however it went."""
    metric_slots.release(worker.slot)


def on_exit(_server: Any) -> None:
    """In the arbiter, last of all: a directory that we made ourselves goes with us."""
    if _own_metrics_dir:
        shutil.rmtree(_own_metrics_dir, ignore_errors=True)
