"""Updates: deployments, silent platforms, ends, first delayed-mode data, withdrawals and restorations."""

from typing import Any, Self

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page, Simulated, Word
from app.api.v1.responses import json
from app.api.v1.schemas import Next, Resource, Time
from app.domain import records
from app.http import expiry
from app.queries import clock, former_ids, updates

bp = Blueprint("updates", __name__)


class UpdateLinks(Resource):
    """Links to the mission, and to its page (`html`)."""

    mission: str
    html: str


class Update(Resource):
    """An update of a mission: its start, the silence of its platform, its end, delayed-mode data, or a correction."""

    id: str = Field(
        description="Stable: the same update always has the same id, also after its platform got another one."
    )
    kind: records.UpdateKind
    platform: str
    mission: str
    operator_number: str | None = Field(description="Number of the mission such as `M17`; null if it has none.")
    at: Time = Field(
        description="Time of the event: first data, last data (`silent` and `end`), import of delayed-mode data, "
        "withdrawal, or restoration."
    )
    published_at: Time = Field(description="Time of publication; the list is sorted by it, latest first.")
    end_reason: records.Over | None = Field(
        description="For an end, why the mission is considered over: a later mission of its platform, import of "
        "delayed-mode data (`processed_data`), or 14 days without data; null for other kinds."
    )
    profiles: int | None = Field(description="For an end, number of profiles of the mission; null for other kinds.")
    distance_m: float | None = Field(description="For an end, length of its track; null for other kinds.")
    time_at_sea_s: float | None = Field(description="For an end, time at sea; null for other kinds.")
    reason: str | None = Field(description="For a withdrawal, and for some restorations, the reason; else null.")
    simulated: bool
    links: UpdateLinks

    @classmethod
    def of(cls, update: records.Update) -> Self:
        renamed_fields: dict[str, Any] = {
            "id": update.public_id,
            "published_at": update.shown_from,
            "end_reason": update.over,
        }
        copied_fields = {name: getattr(update, name) for name in cls.model_fields.keys() - {*renamed_fields, "links"}}
        urls = links.mission(update.platform, update.mission)
        return cls(**copied_fields, **renamed_fields, links=UpdateLinks(mission=urls["self"], html=urls["html"]))


class UpdatePage(Resource):
    """A page of updates, the latest published first."""

    items: list[Update]
    next: Next


class UpdateList(Page):
    """Query parameters of the list of updates."""

    kind: records.UpdateKind | None = Field(None, description="Kind of update.")
    platform: Word | None = Field(None, description="Platform id, such as `smilla77`.")
    simulated: Simulated = None


@bp.get("/updates")
@documented(UpdatePage, "updates", UpdateList)
def page(query: UpdateList) -> Response:
    """Updates of missions, the latest published first: deployments, silences, ends, delayed-mode data, corrections.

    A platform is silent after 12 times its usual reporting interval without data, if its mission is not over by then;
    new data remove that update.

    A withdrawn mission has one update. Its restoration brings back the others, and is an update itself.

    A mission is over when its platform begins a later mission, when delayed-mode data are imported, or after 14 days
    without data, whichever comes first.
    """
    simulated = query.simulated is not None
    platform = former_ids.platform(query.platform)
    listed = updates.page(clock.now(), query.limit, query.cursor, query.kind, platform, simulated)
    expiry.until(listed.until)
    return json(UpdatePage(items=[Update.of(update) for update in listed.items], next=listed.next).model_dump())
