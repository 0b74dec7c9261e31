"""Platforms: gliders and sailbuoys with the totals of their missions."""

from flask import Blueprint, Response

from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page
from app.api.v1.responses import json
from app.queries import platforms

bp = Blueprint("platforms", __name__)


@bp.get("/platforms")
@documented(schemas.PlatformPage, "platforms", Page)
def page(query: Page) -> Response:
    """Platforms in the order of their ids."""
    found = platforms.page(query.limit, query.cursor)
    items = [schemas.Platform.of(platform) for platform in found.items]
    return json(schemas.PlatformPage(items=items, next=found.next).model_dump())


@bp.get("/platforms/<platform>")
@documented(schemas.Platform, "platforms", may_be_missing=True)
def one(platform: str) -> Response:
    """A platform.

    Found by its id or its serial, in whatever case.
    """
    return json(schemas.Platform.of(platforms.find(platform)).model_dump())
