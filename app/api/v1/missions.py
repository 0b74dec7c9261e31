"""Missions with their figures, warnings and sources."""

from flask import Blueprint, Response

from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import MissionList
from app.api.v1.responses import json
from app.queries import missions

bp = Blueprint("missions", __name__)


@bp.get("/missions")
@documented(schemas.MissionPage, "missions", MissionList)
def page(query: MissionList) -> Response:
    """Missions that match all given filters; newest data first unless `sort` is given."""
    listed = query.page()
    items = [schemas.Mission.of(mission) for mission in listed.items]
    return json(schemas.MissionPage(items=items, next=listed.next).model_dump())


@bp.get("/missions/<platform>/<mission>")
@documented(schemas.Mission, "missions", of_mission=True)
def one(platform: str, mission: str) -> Response:
    """A mission in its current version."""
    return json(schemas.Mission.of(missions.find(platform, mission)).model_dump())
