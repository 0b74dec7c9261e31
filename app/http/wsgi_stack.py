"""Puts the parts around an application in the right order."""

import platform
from collections.abc import Callable

from flask import Flask

from app import metrics
from app.config import Settings
from app.http import concurrency, conditional, fault_injection, headers, health, observe, probes, problems, rate_limits


def install(app: Flask, settings: Settings, missing_indexes: Callable[[], list[str]]) -> None:
    """What works inside Flask. First of all: its hooks run before those of the views, its last ones after."""
    observe.name_routes(app)
    conditional.install(app)
    # Before faults: who is turned away need not wait for one.
    rate_limits.install(app, settings)
    fault_injection.install(app, settings)
    problems.install(app)
    health.install(app, settings, missing_indexes)


def bound(app: Flask, settings: Settings) -> concurrency.ConcurrencyLimit:
    """Bounds what takes its time: Flask and static files. What the page cache has needs no place."""
    waiters = max(settings.web_threads - settings.web_concurrency_limit - concurrency.FREE_THREADS, 0)
    places = concurrency.ConcurrencyLimit(app.wsgi_app, settings.web_concurrency_limit, waiters)
    # Flask documents this assignment as the way to add a layer.
    app.wsgi_app = places  # type: ignore[method-assign]
    return places


def surround(app: Flask, settings: Settings, version: str, places: concurrency.ConcurrencyLimit) -> None:
    """The layers outside Flask, the outermost last. After every blueprint and after the page cache."""
    door = concurrency.ThreadReserve(app.wsgi_app, settings.web_threads - concurrency.FREE_THREADS, places.crowded)
    app.wsgi_app = observe.Observe(headers.SecurityHeaders(door))  # type: ignore[method-assign]
    metrics.expect_routes(known_routes(app))
    metrics.build_info.labels(version, settings.revision, platform.python_version()).set(1)


def known_routes(app: Flask) -> list[str]:
    """The values that the route label can take: each URL rule but the probes', static files, and the rest as one."""
    rules = {rule.rule for rule in app.url_map.iter_rules()} - probes.PATHS
    return sorted(rules | {observe.STATIC, metrics.UNMATCHED})
