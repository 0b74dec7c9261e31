"""Halocline: an ocean-observations portal for gliders and sailbuoys."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings

__version__ = "0.1.0"


def create_app(settings: "Settings") -> "Flask":
    """The portal as a Flask application, bound to its settings and connected to nothing yet."""
    # Imported here, because every command imports the package: gunicorn's arbiter must not make instruments before
    # a worker has its metrics slot, and the metrics process stays small.
    from flask import Flask

    from app import extensions, views
    from app.api import v1
    from app.cache import setup as page_cache
    from app.http import wsgi_stack
    from app.store import change_log, indexes

    app = Flask(__name__, static_folder=None)
    app.extensions["settings"] = settings
    app.extensions["version"] = __version__
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    wsgi_stack.install(app, settings, missing_indexes=lambda: indexes.missing(extensions.mongo.db))
    app.register_blueprint(v1.bp)
    views.install(app, __version__)
    places = wsgi_stack.bound(app, settings)
    page_cache.install(app, settings, __version__, (change_log.since, change_log.latest), extensions.reading)
    wsgi_stack.surround(app, settings, __version__, places)
    return app
