"""Status: how old the newest data of each platform are, how importing goes, and what waits to be derived."""

from flask import Blueprint, render_template, request

from app import portal
from app.errors import Invalid
from app.queries import clock, imports, platforms
from app.views import filters
from app.views.platforms import rule, statuses

bp = Blueprint("status", __name__)

_PLATFORMS = 50
_FAILURES_A_PAGE = 20
_ORDERS = ("heard", "silent")


@bp.get("/status")
def index() -> str:
    """The state of the portal, for whoever asks why something is missing.

    `order` sorts the platforms: `heard` last first, or `silent` for longest first. `after` goes on with the failures.
    """
    order = request.args.get("order") or _ORDERS[0]
    if order not in _ORDERS:
        raise Invalid("order", "must be heard or silent")
    simulated = filters.simulated()
    after = request.args.get("after")
    try:
        failures = imports.page(_FAILURES_A_PAGE, after or None, outcome="refused", simulated=simulated)
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    shown = platforms.heard(_PLATFORMS, simulated=simulated, silent_first=order == "silent")
    settings = portal.current().settings
    return render_template(
        "status.html",
        health=imports.health(clock.now()),
        failures=failures.items,
        next=failures.next,
        after=after,
        platforms=shown.items,
        more_platforms=shown.next is not None,
        statuses=statuses(shown.items),
        order=order,
        given={name: value for name, value in (("order", request.args.get("order")),) if value}
        | ({"simulated": "include"} if simulated else {}),
        simulated_too=simulated,
        revision=settings.revision,
        **rule(),
    )
