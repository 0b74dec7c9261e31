"""The WSGI `application`, and the functions that the hooks of gunicorn.conf.py call in each worker."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from app import __version__, create_app, extensions, portal
from app.config import load_web
from app.http import body_routes, cors, probes
from app.server.load import Load
from app.server.readiness import Readiness
from app.telemetry import dependencies, error_reports, logs, metrics, observe
from app.telemetry.process_usage import ProcessUsage
from app.views import assets

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# How long one thread may run Python before another one gets its turn. A cached response needs several turns beside a
# thread that renders: with Python's default of 5 ms it would take as long as the rendering.
_SWITCH_INTERVAL_S = 0.0005

# What the event loop answers at once besides cached pages: it reads a static file in less time than it takes to hand
# the request to a thread. A stream of live events needs no thread.
_IN_MEMORY = probes.PATHS | assets.paths() | {observe.LIVE}

settings = load_web()
logs.configure(settings.log_level)
logs.count_messages(metrics.count_log_message)
if settings.sentry_dsn:
    error_reports.start(settings, __version__)
application = create_app(settings)
routes_with_body = body_routes.of(settings)
request_lines = logs.RequestLines()
process_usage = ProcessUsage()


def ready(environ: "WSGIEnvironment") -> Readiness:
    """How a request can be answered (`app.server.readiness`)."""
    if environ["PATH_INFO"] in _IN_MEMORY or cors.is_preflight(environ):
        return Readiness.NOW
    return portal.of(application).page_cache.ready(environ)


def on_tick(load: Load) -> None:
    """Publish what the worker does."""
    metrics.worker_connections.set(load.connections)
    metrics.worker_threads_busy.set(load.busy_threads)
    metrics.worker_requests_waiting.set(load.waiting)
    process_usage.publish()
    dependencies.publish_pools(extensions.redis.opened)
    portal.of(application).live.tick()


def start_worker(threads: int, reason: str, call_soon: Callable[[Callable[[], None]], None]) -> None:
    """Start the background threads of this worker and set its gauges. It serves from now on.

    `call_soon` lets the event loop call a function.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    metrics.worker_starts.labels(reason).inc()
    metrics.mongodb_pool_limit.set(extensions.mongo.pool_limit)
    metrics.worker_threads.set(threads)
    metrics.worker_concurrency_limit.set(settings.web_concurrency_limit)
    metrics.worker_threads_busy.set(0)
    request_lines.start()
    portal.of(application).health.start()
    portal.of(application).live.start(call_soon)
    portal.of(application).page_cache.start()


def drain_worker() -> None:
    """Report not ready at once, while requests that have begun are finished. Safe in a signal handler."""
    portal.of(application).health.drain()


def end_streams() -> None:
    """End the streams of live events, which have no end of their own. In the event loop of a worker that stops."""
    portal.of(application).live.drain()


def stop_worker() -> None:
    """Stop the background threads after the last response. Connections close last, because the threads use them."""
    portal.of(application).live.stop()
    portal.of(application).page_cache.stop()
    portal.of(application).health.stop()
    extensions.mongo.close()
    extensions.redis.close()
    process_usage.publish()
    if (tracing := portal.of(application).tracing) is not None:
        tracing.stop()
    if settings.sentry_dsn:
        error_reports.stop()
    request_lines.stop()
