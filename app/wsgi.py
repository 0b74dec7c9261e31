"""The WSGI `application`, and the functions that the hooks of gunicorn.conf.py call in each worker."""

import sys

from app import create_app, extensions, portal
from app.config import load_web
from app.telemetry import logs, metrics

# How long one thread may run Python before another one gets its turn. A cached response needs several turns beside a
# thread that renders: with Python's default of 5 ms it would take as long as the rendering.
_SWITCH_INTERVAL_S = 0.0005

settings = load_web()
logs.configure(settings.log_level)
application = create_app(settings)
request_lines = logs.RequestLines()


def start_worker(threads: int) -> None:
    """Start the background threads of this worker and set its gauges. It serves from now on."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    metrics.worker_starts.inc()
    metrics.worker_threads.set(threads)
    metrics.worker_concurrency_limit.set(settings.web_concurrency_limit)
    metrics.worker_threads_busy.set(0)
    request_lines.start()
    portal.of(application).health.start()
    portal.of(application).page_cache.start()


def drain_worker() -> None:
    """Report not ready at once, while requests that have begun are finished. Safe in a signal handler."""
    portal.of(application).health.drain()


def stop_worker() -> None:
    """Stop the background threads after the last response. Connections close last, because the threads use them."""
    portal.of(application).page_cache.stop()
    portal.of(application).health.stop()
    extensions.mongo.close()
    extensions.redis.close()
    request_lines.stop()
