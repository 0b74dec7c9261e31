"""Profiles of a mission, in time order."""

from flask import Blueprint, Response

from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page
from app.api.v1.responses import json
from app.queries import missions, profiles

bp = Blueprint("profiles", __name__)


@bp.get("/missions/<platform>/<mission>/profiles")
@documented(schemas.ProfilePage, "profiles", Page, may_be_missing=True)
def page(platform: str, mission: str, query: Page) -> Response:
    """A mission's profiles in time order.

    A cursor stays with the version of the mission that it began with, also when newer data replace it meanwhile.
    """
    found = profiles.page(missions.find(platform, mission), query.limit, query.cursor)
    items = [schemas.Profile.model_validate(profile) for profile in found.items]
    return json(schemas.ProfilePage(version=found.version, items=items, next=found.next).model_dump())
