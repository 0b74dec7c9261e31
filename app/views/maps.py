"""The map of all missions and the table beside it."""

from flask import Blueprint, render_template

from app.queries import missions
from app.views import embedding, filters, mission_table

bp = Blueprint("maps", __name__)

# The largest page of the API, so that table and map show the same missions; a phone can draw that many tracks.
_MISSIONS_A_PAGE = 200


@bp.get("/map")
def index() -> str:
    """The missions that match the filters in the URL, newest data first; a script draws their tracks from the API."""
    choice = filters.missions()
    return render_template(
        "map.html",
        **mission_table.context(choice, _MISSIONS_A_PAGE),
        span=missions.span(choice.selection.filters, simulated=choice.selection.simulated),
        a_page=_MISSIONS_A_PAGE,
        embedded=embedding.is_embedded(),
    )
