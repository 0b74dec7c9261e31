"""The fleet and the page of a platform."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from app import portal
from app.domain import mission_filters
from app.domain import reporting as rule
from app.domain.mission_filters import OneOf, Parameter
from app.domain.records import Platform
from app.http import expiry
from app.queries import clock, missions, platforms, reported_positions, reporting
from app.queries.platforms import Status
from app.views import filters, paging, template_filters

bp = Blueprint("platforms", __name__, url_prefix="/fleet")

_MISSIONS_A_PAGE = 50
# Most fleets fit on one page; a longer table gives no overview any more.
_PLATFORMS_A_PAGE = 100
_STATE = Parameter("reporting_state", OneOf(rule.STATES), "Only platforms at sea with this state of reporting.")


@bp.get("")
def index() -> str:
    """All platforms with their totals, latest data first, a page at a time; `reporting_state` selects those at sea."""
    after, simulated = paging.after(), filters.simulated()
    given = {_STATE.name: text} if (text := request.args.get(_STATE.name, "").strip()) else {}
    state = mission_filters.valid(_STATE, text) if text else None
    with paging.invalid_as_after():
        listed = platforms.by_last_data(_PLATFORMS_A_PAGE, after, simulated=simulated, state=state)
    reported = reported_positions.newest_of(listed.items)
    return render_template(
        "fleet.html",
        platforms=listed.items,
        statuses=statuses(listed.items),
        states=reporting.states(listed.items, reported),
        reported=reported,
        fleet=reporting.fleet(simulated),
        state=state,
        simulated_too=simulated,
        given=given | ({"simulated": "include"} if simulated else {}),
        next=listed.next,
        after=after,
        **status_rule(),
        **reporting_rule(),
    )


@bp.get("/<serial>")
def one(serial: str) -> str:
    """A glider or sailbuoy: its totals, a map of its missions, and the list of them."""
    platform, after = platforms.find(serial), paging.after()
    with paging.invalid_as_after():
        listed = missions.page({"platform": platform.platform}, _MISSIONS_A_PAGE, after, simulated=platform.simulated)
    reported = reported_positions.newest_of([platform])
    return render_template(
        "platform.html",
        platform=platform,
        shows_simulated=platform.simulated,
        status=statuses([platform])[platform.platform],
        state=reporting.states([platform], reported)[platform.platform],
        years=platforms.years(platform),
        position=reported_positions.last_positions([platform], reported).get(platform.platform),
        missions=listed.items,
        next=listed.next,
        after=after,
        **status_rule(),
        **reporting_rule(),
    )


def statuses(shown: Sequence[Platform]) -> dict[str, Status]:
    """The present status of each platform, by its id."""
    settings = portal.current().settings
    now, window_h = clock.now(), settings.active_window_h
    expiry.until(*(platforms.status_until(platform, now, window_h) for platform in shown))
    return {platform.platform: platforms.status(platform, now, window_h) for platform in shown}


def status_rule() -> dict[str, str | int]:
    """The variables by which templates explain how a status is determined."""
    settings = portal.current().settings
    return {"window": template_filters.elapsed(settings.active_window_h), "closed_after_d": platforms.CLOSED_AFTER.days}


def reporting_rule() -> dict[str, dict[str, int | str]]:
    """The variable by which templates explain how a state of reporting is determined."""
    return {
        "reporting_rule": {
            "late_after": rule.LATE_AFTER,
            "silent_after": rule.SILENT_AFTER,
            "reports": rule.RECENT_REPORTS,
            "least": rule.LEAST_REPORTS,
            "default": template_filters.elapsed(rule.DEFAULT.total_seconds() / 3600),
        }
    }
