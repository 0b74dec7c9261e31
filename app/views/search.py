"""Search by name over platforms, missions and basins: the page of results."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.queries import search
from app.views import filters

bp = Blueprint("search", __name__)

# Of each kind: enough for a glance; one more letter shortens the list.
_LIMIT = 25
# Longer than any name; the rest of a longer text is not shown again.
LONGEST = 200


@bp.get("/search")
def index() -> AnyResponse:
    """Results for `q` by kind; a redirect if exactly one entry has this very name.

    `show=all` lists the results even then. Without words the page explains what can be searched.
    """
    query = request.args.get("q", "")
    text = "".join(letter for letter in query[:LONGEST] if letter.isprintable()).strip()
    simulated = filters.simulated()
    results = search.by_name(text, _LIMIT, simulated)
    if len(results.exact) == 1 and request.args.get("show") != "all":
        return redirect(_page_of(*results.exact[0]))
    return Response(
        render_template("search.html", text=text, cut=len(query) > LONGEST, found=results, simulated_too=simulated)
    )


def _page_of(kind: str, name: str) -> str:
    if kind == "platform":
        return url_for("platforms.one", serial=name)
    if kind == "basin":
        return url_for("basins.one", basin=name)
    platform, _, mission = name.partition("/")
    return url_for("missions.one", platform=platform, mission=mission)
