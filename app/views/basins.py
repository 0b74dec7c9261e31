"""The page of a basin."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.queries import basins, missions, platforms, reporting
from app.views import filters, paging

bp = Blueprint("basins", __name__, url_prefix="/basins")

_MISSIONS_A_PAGE = 50


@bp.get("/<basin>")
def one(basin: str) -> str | Response:
    """A sea area: its outline, its parts, its totals, and the missions with profiles in it or its parts.

    A former id redirects to the basin that has its water now.
    """
    area, totals = basins.find(basin)
    if area.id != basin:
        return redirect(url_for("basins.one", basin=area.id, simulated=request.args.get("simulated")), 301)
    after, simulated = paging.after(), filters.simulated()
    with paging.invalid_as_after():
        listed = missions.page({"basin": area.id}, _MISSIONS_A_PAGE, after, simulated=simulated)
    return render_template(
        "basin.html",
        basin=area,
        surroundings=basins.surroundings(area.id),
        totals=totals,
        reporting=reporting.missions_now({"basin": area.id}, simulated),
        missions=listed.items,
        next=listed.next,
        after=after,
        chosen={"simulated": "include"} if simulated else {},
        platforms=platforms.named(sorted({mission.platform for mission in listed.items})),
    )
