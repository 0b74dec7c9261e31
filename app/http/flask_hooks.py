"""The hooks that run inside Flask, in one order. `app.wsgi_stack` lists the layers around Flask."""

from flask import Flask

from app.config import Settings
from app.http import conditional, fault_injection, health, hosts, problems, rate_limits
from app.http.health import Health
from app.telemetry import observe


def install(app: Flask, settings: Settings, checks: Health) -> None:
    """Register the hooks. Call it before the views: these hooks run first before a view and last after it."""
    observe.name_routes(app)
    conditional.install(app)
    hosts.relative_redirects(app)
    # Before fault injection: a refused request does not wait for an injected delay.
    rate_limits.install(app, settings)
    fault_injection.install(app, settings)
    problems.install(app)
    app.register_blueprint(health.blueprint(checks))
