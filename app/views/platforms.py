"""The fleet and the page of a platform."""

from flask import Blueprint, render_template, request

from app import portal
from app.domain.records import Platform
from app.errors import Invalid
from app.http import expiry
from app.queries import clock, missions, platforms
from app.queries.platforms import Status
from app.views import filters, template_filters

bp = Blueprint("platforms", __name__, url_prefix="/fleet")

_MISSIONS_A_PAGE = 50
# Most fleets are shown whole; a larger one is no longer read at a glance.
_PLATFORMS_A_PAGE = 100


@bp.get("")
def index() -> str:
    """All platforms with their sums, last heard first, a page at a time."""
    after = request.args.get("after")
    simulated = filters.simulated()
    try:
        found = platforms.heard(limit=_PLATFORMS_A_PAGE, cursor=after or None, simulated=simulated)
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    return render_template(
        "fleet.html",
        platforms=found.items,
        statuses=statuses(found.items),
        simulated_too=simulated,
        given={"simulated": "include"} if simulated else {},
        next=found.next,
        after=after,
        **rule(),
    )


@bp.get("/<serial>")
def one(serial: str) -> str:
    """A glider or sailbuoy: its sums, where its missions went, and the list of them."""
    found = platforms.find(serial)
    after = request.args.get("after")
    try:
        listed = missions.page(
            {"platform": found.platform}, _MISSIONS_A_PAGE, cursor=after or None, simulated=found.simulated
        )
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    return render_template(
        "platform.html",
        platform=found,
        status=statuses([found])[found.platform],
        years=platforms.years(found),
        missions=listed.items,
        next=listed.next,
        after=after,
        **rule(),
    )


def statuses(found: list[Platform]) -> dict[str, Status]:
    """Where each platform stands at present, by its id."""
    settings = portal.current().settings
    now, window_h = clock.now(), settings.active_window_h
    expiry.until(*(platforms.status_until(platform, now, window_h) for platform in found))
    return {platform.platform: platforms.status(platform, now, window_h) for platform in found}


def rule() -> dict[str, str | int]:
    """What the templates need to say how a status comes about."""
    settings = portal.current().settings
    return {"window": template_filters.elapsed(settings.active_window_h), "closed_after_d": platforms.CLOSED_AFTER.days}
