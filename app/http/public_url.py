"""Where the portal stands for the world, for what is read elsewhere: citations, sitemaps, descriptions of data."""

from flask import current_app, request

from app.config import Settings


def root() -> str:
    """The portal's address without the last slash: as configured, else as it was asked for."""
    settings: Settings = current_app.extensions["settings"]
    return str(settings.public_url or request.host_url).rstrip("/")
