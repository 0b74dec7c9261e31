"""The fleet and the page of a platform."""

from flask import Blueprint, render_template

from app import portal
from app.domain.records import Platform
from app.http import expiry
from app.queries import clock, missions, platforms, tracks
from app.queries.platforms import Status
from app.views import filters, paging, template_filters

bp = Blueprint("platforms", __name__, url_prefix="/fleet")

_MISSIONS_A_PAGE = 50
# Most fleets fit on one page; a longer table gives no overview any more.
_PLATFORMS_A_PAGE = 100


@bp.get("")
def index() -> str:
    """All platforms with their totals, latest data first, a page at a time."""
    after, simulated = paging.after(), filters.simulated()
    with paging.invalid_as_after():
        listed = platforms.by_last_data(_PLATFORMS_A_PAGE, after, simulated=simulated)
    return render_template(
        "fleet.html",
        platforms=listed.items,
        statuses=statuses(listed.items),
        simulated_too=simulated,
        given={"simulated": "include"} if simulated else {},
        next=listed.next,
        after=after,
        **status_rule(),
    )


@bp.get("/<serial>")
def one(serial: str) -> str:
    """A glider or sailbuoy: its totals, a map of its missions, and the list of them."""
    platform, after = platforms.find(serial), paging.after()
    with paging.invalid_as_after():
        listed = missions.page({"platform": platform.platform}, _MISSIONS_A_PAGE, after, simulated=platform.simulated)
    return render_template(
        "platform.html",
        platform=platform,
        status=statuses([platform])[platform.platform],
        years=platforms.years(platform),
        position=tracks.last_position(platform.platform, platform.last_mission),
        missions=listed.items,
        next=listed.next,
        after=after,
        **status_rule(),
    )


def statuses(shown: list[Platform]) -> dict[str, Status]:
    """The present status of each platform, by its id."""
    settings = portal.current().settings
    now, window_h = clock.now(), settings.active_window_h
    expiry.until(*(platforms.status_until(platform, now, window_h) for platform in shown))
    return {platform.platform: platforms.status(platform, now, window_h) for platform in shown}


def status_rule() -> dict[str, str | int]:
    """The variables by which templates explain how a status is determined."""
    settings = portal.current().settings
    return {"window": template_filters.elapsed(settings.active_window_h), "closed_after_d": platforms.CLOSED_AFTER.days}
