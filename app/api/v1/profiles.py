"""Profiles of a mission, in time order."""

from flask import Blueprint, Response

from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page
from app.api.v1.responses import json
from app.queries import missions, profiles

bp = Blueprint("profiles", __name__)


@bp.get("/missions/<platform>/<mission>/profiles")
@documented(schemas.ProfilePage, "profiles", Page, of_mission=True)
def page(platform: str, mission: str, query: Page) -> Response:
    """A mission's profiles in time order.

    A cursor belongs to one version of the mission, also if newer data replace that version in the meantime.
    """
    listed = profiles.page(missions.find(platform, mission), query.limit, query.cursor)
    items = [schemas.Profile.model_validate(profile) for profile in listed.items]
    return json(schemas.ProfilePage(version=listed.version, items=items, next=listed.next).model_dump())
