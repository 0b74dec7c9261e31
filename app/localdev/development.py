"""The portal for developers: with Flask-DebugToolbar, without the page cache. Only loopback may reach it."""

import secrets
from pathlib import Path

from flask import Flask, Response
from flask_debugtoolbar import DebugToolbarExtension
from werkzeug.middleware.profiler import ProfilerMiddleware

from app import create_app
from app.config import Settings
from app.http.headers import CONTENT_SECURITY_POLICY
from app.localdev.errors import LocalDevError

# The toolbar is part of the page, as inline scripts and styles.
_POLICY = f"{CONTENT_SECURITY_POLICY}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
# Without the panels of what the portal does not use (SQLAlchemy, Flask's configuration and logger), and without that of
# package versions: it reads the metadata of 140 packages for each page, which takes longer than the page itself.
_PANELS = (
    "flask_debugtoolbar.panels.timer.TimerDebugPanel",
    "flask_debugtoolbar.panels.headers.HeaderDebugPanel",
    "flask_debugtoolbar.panels.request_vars.RequestVarsDebugPanel",
    "flask_debugtoolbar.panels.template.TemplateDebugPanel",
    "flask_debugtoolbar.panels.route_list.RouteListDebugPanel",
    "flask_debugtoolbar.panels.profiler.ProfilerDebugPanel",
)


def create(settings: Settings, profile_dir: Path | None = None) -> Flask:
    """The portal without its page cache, with templates that reload, and with the debug toolbar.

    With `profile_dir`, a profile of each request is written there, and the toolbar is left out, because it would be
    part of the profile. Raises LocalDevError unless the environment of the settings is `development`.
    """
    if settings.environment != "development":
        raise LocalDevError(f"HALOCLINE_ENVIRONMENT is {settings.environment}: it must be development.")
    app = create_app(settings.model_copy(update={"page_cache_bytes": 0}))
    # Not `app.debug`: with it, errors would not be answered as in production.
    app.jinja_env.auto_reload = True
    if profile_dir is None:
        _add_toolbar(app)
    else:
        profile_dir.mkdir(parents=True, exist_ok=True)
        profiler = ProfilerMiddleware(app.wsgi_app, stream=None, profile_dir=str(profile_dir))
        app.wsgi_app = profiler  # type: ignore[method-assign]
    return app


def _add_toolbar(app: Flask) -> None:
    app.config.update(
        SECRET_KEY=secrets.token_hex(32),  # The toolbar requires one; no session outlives the process.
        DEBUG_TB_ENABLED=True,
        DEBUG_TB_INTERCEPT_REDIRECTS=False,
        DEBUG_TB_PANELS=_PANELS,
    )
    app.after_request(_allow_inline_code)
    DebugToolbarExtension(app)


def _allow_inline_code(response: Response) -> Response:
    # `SecurityHeaders` does not replace a header that the response has already.
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = _POLICY
    return response
