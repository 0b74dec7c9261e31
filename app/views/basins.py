"""The page of a basin."""

from flask import Blueprint, render_template

from app.queries import basins, missions, platforms
from app.views import filters, paging

bp = Blueprint("basins", __name__, url_prefix="/basins")

_MISSIONS_A_PAGE = 50


@bp.get("/<basin>")
def one(basin: str) -> str:
    """A sea area: its outline, its parts, its totals, and the missions with profiles in it or its parts."""
    area, totals = basins.find(basin)
    after, simulated = paging.after(), filters.simulated()
    with paging.invalid_as_after():
        listed = missions.page({"basin": area.id}, _MISSIONS_A_PAGE, after, simulated=simulated)
    return render_template(
        "basin.html",
        basin=area,
        surroundings=basins.surroundings(area.id),
        totals=totals,
        missions=listed.items,
        next=listed.next,
        after=after,
        chosen={"simulated": "include"} if simulated else {},
        platforms=platforms.named(sorted({mission.platform for mission in listed.items})),
    )
