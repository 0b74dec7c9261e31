"""Halocline: an ocean-observations portal for gliders and sailbuoys."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings

__version__ = "0.1.0"


def create_app(settings: "Settings") -> "Flask":
    """The portal as a Flask application. It is bound to its settings and has opened no connection yet."""
    # Imported here because every command imports this package: gunicorn's arbiter must not create metrics before a
    # worker has its metrics slot, and the metrics process stays small.
    from functools import partial

    from flask import Flask

    from app import extensions, portal, views, wsgi_stack
    from app.api import v1
    from app.cache.worker import WorkerCache
    from app.http import flask_hooks
    from app.http.health import Health, report_circuit
    from app.live.worker import LiveEvents
    from app.store import change_log, indexes
    from app.telemetry import dependencies, metrics, observe, tracing

    app = Flask(__name__, static_folder=None)
    extensions.mongo.listeners = dependencies.LISTENERS
    extensions.redis.client_class = dependencies.TimedRedis
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    extensions.mongo.breaker.on_change = partial(report_circuit, "mongodb")
    extensions.redis.breaker.on_change = partial(report_circuit, "redis")
    health = Health(settings.ready_requires, lambda: indexes.missing(extensions.mongo.db))
    tracer = tracing.Tracing(settings, __version__) if settings.otel_exporter_otlp_endpoint else None
    if tracer is not None:
        extensions.mongo.listeners = (*extensions.mongo.listeners, tracer.listener())
    live = LiveEvents(settings, change_log)
    observer = live.feed if live.is_enabled else None
    page_cache = WorkerCache(settings, __version__, change_log, extensions.replica_lag, observer)
    portal.attach(app, portal.Portal(settings, __version__, health, page_cache, live, tracer))
    flask_hooks.install(app, settings, health)
    v1.install(app, settings)
    views.install(app, __version__)
    wsgi_stack.install(app, wsgi_stack.layers(app, settings, page_cache, live, tracer))
    metrics.set_build_info(__version__, settings.revision)
    metrics.request_duration.expect(observe.known_routes(app))
    return app
