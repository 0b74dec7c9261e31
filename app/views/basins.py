"""The page of a basin."""

from flask import Blueprint, render_template, request

from app.errors import Invalid
from app.queries import basins, missions, platforms
from app.views import filters

bp = Blueprint("basins", __name__, url_prefix="/basins")

_MISSIONS_A_PAGE = 50


@bp.get("/<basin>")
def one(basin: str) -> str:
    """A sea area: its outline, what was done in it, and the missions that have been there."""
    found, sums = basins.find(basin)
    after = request.args.get("after")
    simulated = filters.simulated()
    try:
        listed = missions.page({"basin": found.id}, _MISSIONS_A_PAGE, cursor=after or None, simulated=simulated)
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    return render_template(
        "basin.html",
        basin=found,
        totals=sums,
        missions=listed.items,
        next=listed.next,
        after=after,
        chosen={"simulated": "include"} if simulated else {},
        platforms=platforms.named(sorted({mission.platform for mission in listed.items})),
    )
