"""The map of all missions and the table beside it."""

from flask import Blueprint, render_template, request

from app.errors import Invalid
from app.queries import basins, exports, missions, platforms
from app.views import filters

bp = Blueprint("maps", __name__)

# What a phone draws at once, and the API's largest page: table and map hold the same missions.
_MISSIONS_A_PAGE = 200


@bp.get("/map")
def index() -> str:
    """The missions that match the choice in the URL, newest data first; a script draws them from the API."""
    choice = filters.missions()
    after = request.args.get("after") or None
    try:
        found = missions.page(choice.filters, limit=_MISSIONS_A_PAGE, cursor=after, sort=choice.sort, **choice.span)
    except Invalid as error:
        # People see the name that stands in their address bar.
        raise Invalid("after" if error.field == "cursor" else error.field, error.problem) from error
    facets = missions.facets()
    named = filters.platforms(found.items, facets, choice.given)
    return render_template(
        "map.html",
        chosen=choice.given,
        after=after,
        missions=found.items,
        next=found.next,
        count=missions.count(choice.filters, **choice.span),
        span=missions.span(choice.filters, simulated=choice.simulated),
        a_page=_MISSIONS_A_PAGE,
        platforms=platforms.named(named),
        facets=facets,
        basin_names=basins.names(),
        most_exported=exports.MOST_MISSIONS,
    )
