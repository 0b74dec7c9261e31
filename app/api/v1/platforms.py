"""Platforms: gliders and sailbuoys with the totals of their missions."""

from flask import Blueprint, Response

from app import portal
from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page, Simulated
from app.api.v1.responses import json
from app.domain import records
from app.http import expiry
from app.queries import clock, platforms

bp = Blueprint("platforms", __name__)


class PlatformList(Page):
    """Query parameters of the list of platforms."""

    simulated: Simulated = None


@bp.get("/platforms")
@documented(schemas.PlatformPage, "platforms", PlatformList)
def page(query: PlatformList) -> Response:
    """All platforms, sorted by id."""
    listed = platforms.page(query.limit, query.cursor, simulated=query.simulated is not None)
    items = [_resource(platform) for platform in listed.items]
    return json(schemas.PlatformPage(items=items, next=listed.next).model_dump())


@bp.get("/platforms/<platform>")
@documented(schemas.Platform, "platforms", may_be_missing=True)
def one(platform: str) -> Response:
    """A platform, by its id or serial.

    The lookup is case-insensitive.
    """
    return json(_resource(platforms.find(platform)).model_dump())


def _resource(platform: records.Platform) -> schemas.Platform:
    """The API resource of a platform. The response expires when the platform's status changes."""
    settings = portal.current().settings
    now, window_h = clock.now(), settings.active_window_h
    expiry.until(platforms.status_until(platform, now, window_h))
    return schemas.Platform.of(platform, platforms.status(platform, now, window_h))
