"""Platforms: gliders and sailbuoys with the totals of their missions."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response
from pydantic import Field

from app import portal
from app.api.v1 import schemas
from app.api.v1.openapi import documented
from app.api.v1.parameters import Page, Simulated, Word
from app.api.v1.responses import json
from app.domain import records
from app.domain.reporting import State
from app.http import expiry
from app.queries import clock, platforms, reported_positions, reporting
from app.queries.platforms import Status

bp = Blueprint("platforms", __name__)


class PlatformList(Page):
    """Query parameters of the list of platforms."""

    simulated: Simulated = None
    wmo_id: Word | None = Field(None, description="WMO id of the platform, such as `6801666`.")
    status: Status | None = Field(None, description="Status by the age of the newest data.")
    reporting_state: State | None = Field(
        None, description="Only platforms at sea whose reports are `on_time`, `late` or `silent` now."
    )


@bp.get("/platforms")
@documented(schemas.PlatformPage, "platforms", PlatformList)
def page(query: PlatformList) -> Response:
    """Platforms that match all given filters, sorted by id."""
    simulated = query.simulated is not None
    last_data: tuple[datetime | None, datetime | None] = (None, None)
    if query.status is not None:
        now, window_h = clock.now(), portal.current().settings.active_window_h
        last_data = platforms.last_data_with(query.status, now, window_h)
        expiry.until(platforms.status_changes_at(now, window_h, simulated))
    if query.reporting_state is not None:
        # Lists expire when any platform changes its state.
        reporting.fleet(simulated)
    listed = platforms.page(query.limit, query.cursor, simulated, query.wmo_id, last_data, query.reporting_state)
    return json(schemas.PlatformPage(items=_resources(listed.items), next=listed.next).model_dump())


@bp.get("/platforms/<platform>")
@documented(schemas.Platform, "platforms", of_platform=True)
def one(platform: str) -> Response:
    """A platform, by its id or serial.

    The lookup is case-insensitive.
    """
    (resource,) = _resources([platforms.find(platform)])
    return json(resource.model_dump())


def _resources(shown: Sequence[records.Platform]) -> list[schemas.Platform]:
    """The API resources of platforms. The response expires when the status or the state of one changes."""
    settings = portal.current().settings
    now, window_h = clock.now(), settings.active_window_h
    expiry.until(*(platforms.status_until(platform, now, window_h) for platform in shown))
    reported = reported_positions.newest_of(shown)
    states = reporting.states(shown, reported)
    positions = reported_positions.last_positions(shown, reported)
    return [
        schemas.Platform.of(
            platform,
            platforms.status(platform, now, window_h),
            states[platform.platform],
            positions.get(platform.platform),
        )
        for platform in shown
    ]
