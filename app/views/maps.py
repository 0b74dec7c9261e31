"""The map of all missions and the table beside it."""

from flask import Blueprint, render_template

from app.queries import basins, exports, missions, platforms
from app.views import filters, paging

bp = Blueprint("maps", __name__)

# The largest page of the API, so that table and map show the same missions; a phone can draw that many tracks.
_MISSIONS_A_PAGE = 200


@bp.get("/map")
def index() -> str:
    """The missions that match the filters in the URL, newest data first; a script draws their tracks from the API."""
    choice, after = filters.missions(), paging.after()
    chosen = choice.selection
    with paging.invalid_as_after():
        listed = missions.page(chosen.filters, _MISSIONS_A_PAGE, after, sort=choice.sort, **chosen.span)
    facets = missions.facets()
    return render_template(
        "map.html",
        chosen=choice.given,
        after=after,
        missions=listed.items,
        next=listed.next,
        count=missions.count(chosen.filters, **chosen.span),
        span=missions.span(chosen.filters, simulated=chosen.simulated),
        a_page=_MISSIONS_A_PAGE,
        platforms=platforms.named(filters.named_platforms(listed.items, facets, choice.given)),
        facets=facets,
        basin_names=basins.names(),
        most_exported=exports.MOST_MISSIONS,
    )
