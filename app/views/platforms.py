"""The fleet and the page of a platform."""

from flask import Blueprint, render_template, request

from app.errors import Invalid
from app.queries import missions, platforms

bp = Blueprint("platforms", __name__, url_prefix="/fleet")

_MISSIONS_A_PAGE = 50
# Most fleets are shown whole; a larger one is no longer read at a glance.
_PLATFORMS_A_PAGE = 100


@bp.get("")
def index() -> str:
    """All platforms with their sums, last heard first, a page at a time."""
    after = request.args.get("after")
    try:
        found = platforms.heard(limit=_PLATFORMS_A_PAGE, cursor=after or None)
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    return render_template("fleet.html", platforms=found.items, next=found.next, after=after)


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
    return render_template("platform.html", platform=found, missions=listed.items, next=listed.next, after=after)
