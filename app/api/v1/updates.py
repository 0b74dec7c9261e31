"""Updates: deployments, recoveries and first delayed data."""

from typing import Self

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page, Simulated, Word
from app.api.v1.responses import json
from app.api.v1.schemas import Next, Resource, Time
from app.domain import records
from app.http import expiry
from app.queries import clock, updates

bp = Blueprint("updates", __name__)


class UpdateLinks(Resource):
    """Where the rest is."""

    mission: str
    html: str


class Update(Resource):
    """News of a mission: it began, it is over, or its first delayed data came in."""

    id: str = Field(description="Stable: the same news have the same id for ever.")
    kind: records.UpdateKind
    platform: str
    mission: str
    at: Time = Field(description="When it happened: first data, last data, arrival of the delayed data.")
    shown_from: Time = Field(description="Since when it is known; the list has this order.")
    over: records.Over | None = Field(description="How the end of a mission is known; null for other kinds.")
    profiles: int | None = Field(description="Of a mission that is over, like the next two; null for other kinds.")
    distance_m: float | None
    time_at_sea_s: float | None
    simulated: bool
    links: UpdateLinks

    @classmethod
    def of(cls, update: records.Update) -> Self:
        own = {name: getattr(update, name) for name in cls.model_fields if name != "links"}
        where = links.mission(update.platform, update.mission)
        return cls(**own, links=UpdateLinks(mission=where["self"], html=where["html"]))


class UpdatePage(Resource):
    """A page of updates, the last known first."""

    items: list[Update]
    next: Next


class UpdateList(Page):
    """A page of the updates that match all the given filters."""

    kind: records.UpdateKind | None = Field(None, description="Which news.")
    platform: Word | None = Field(None, description="Platform id, such as `smilla77`.")
    simulated: Simulated = None


@bp.get("/updates")
@documented(UpdatePage, "updates", UpdateList)
def page(query: UpdateList) -> Response:
    """Deployments, recoveries and first delayed data, the last known first.

    A mission is over when its platform has begun a later one, when data other than real time came in, or after
    14 days of silence: whichever was first.
    """
    simulated = query.simulated is not None
    found = updates.page(clock.now(), query.limit, query.cursor, query.kind, query.platform, simulated)
    expiry.until(found.until)
    return json(UpdatePage(items=[Update.of(update) for update in found.items], next=found.next).model_dump())
