"""The public address of the portal, for links that are read elsewhere: citations, sitemaps, descriptions of data."""

from flask import request

from app import portal


def root() -> str:
    """The address without a trailing slash: the configured one, else the one of the request."""
    return str(portal.current().settings.public_url or request.host_url).rstrip("/")
