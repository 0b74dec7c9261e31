"""Status: the age of each platform's newest data, the state of importing, pending rebuilds, and the queue."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from app import portal
from app.domain import mission_filters, mission_number
from app.domain.mission_filters import OneOf, Parameter
from app.domain.records import Platform
from app.queries import clock, imports, missions, platforms, reported_positions, reporting, task_queue
from app.views import filters, paging
from app.views.platforms import reporting_rule, status_rule, statuses

bp = Blueprint("status", __name__)

_PLATFORMS = 50
_FAILURES_A_PAGE = 20
_ORDER = Parameter("order", OneOf(("newest", "oldest")), "The order of the platforms by their last data.")


@bp.get("/status")
def index() -> str:
    """The state of the portal, for visitors who look for the cause of missing data.

    `order` sorts the platforms by their last data, `newest` or `oldest` first; `after` pages through refused files.
    """
    given = {"order": text} if (text := request.args.get("order")) else {}
    order = mission_filters.valid(_ORDER, text) if text else "newest"
    after, simulated = paging.after(), filters.simulated()
    with paging.invalid_as_after():
        failures = imports.page(_FAILURES_A_PAGE, after, outcome="refused", simulated=simulated)
    shown = platforms.by_last_data(_PLATFORMS, simulated=simulated, oldest_first=order == "oldest")
    reported = reported_positions.newest_of(shown.items)
    settings = portal.current().settings
    return render_template(
        "status.html",
        health=imports.health(clock.now()),
        queue=task_queue.overview(clock.now()),
        failures=failures.items,
        next=failures.next,
        after=after,
        platforms=shown.items,
        more_platforms=shown.next is not None,
        last_missions=_last_missions(shown.items),
        statuses=statuses(shown.items),
        states=reporting.states(shown.items, reported),
        reported=reported,
        fleet=reporting.fleet(simulated),
        order=order,
        given=given | ({"simulated": "include"} if simulated else {}),
        simulated_too=simulated,
        revision=settings.revision,
        has_upload_page=settings.upload_page or settings.uploads > 0,
        **status_rule(),
        **reporting_rule(),
    )


def _last_missions(platforms: Sequence[Platform]) -> dict[str, str]:
    """The names of the last missions of these platforms, by platform."""
    ids = {platform.platform: f"{platform.platform}/{platform.last_mission}" for platform in platforms}
    numbers = missions.operator_numbers([*ids.values()])
    return {
        platform.platform: mission_number.named(platform.last_mission, numbers.get(ids[platform.platform]))
        for platform in platforms
    }
