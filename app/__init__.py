"""Halocline: an ocean-observations portal for gliders and sailbuoys."""

from flask import Flask

from app import extensions
from app.config import Settings

__version__ = "0.1.0"


def create_app(settings: Settings) -> Flask:
    """The portal as a Flask application, bound to its settings and connected to nothing yet."""
    app = Flask(__name__, static_folder=None)
    app.extensions["settings"] = settings
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    return app
