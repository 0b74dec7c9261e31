"""One box for everything that has a name: the page of what was found."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.queries import search
from app.queries.search import Found
from app.views import filters

bp = Blueprint("search", __name__)

# Of each kind: enough to see whether it is among them; a further letter shortens the list.
_LIMIT = 25
# Longer than any name; the rest of an absurd question is not repeated on the page.
LONGEST = 200


@bp.get("/search")
def index() -> AnyResponse:
    """What the words of `q` find, by kind; straight to the page of what alone is called exactly so.

    `show=all` gives the list even then. Without words the page says what can be found.
    """
    asked = request.args.get("q", "")
    text = "".join(letter for letter in asked[:LONGEST] if letter.isprintable()).strip()
    simulated = filters.simulated()
    found = search.found(text, _LIMIT, simulated)
    if len(found.exact) == 1 and request.args.get("show") != "all" and (address := _address(found)):
        return redirect(address)
    return Response(
        render_template("search.html", text=text, cut=len(asked) > LONGEST, found=found, simulated_too=simulated)
    )


def _address(found: Found) -> str | None:
    """The page of the one thing of exactly that name; None when it has just gone."""
    ((kind, name),) = found.exact
    if kind == "platform":
        return url_for("platforms.one", serial=name)
    if kind == "basin":
        return url_for("basins.one", basin=name)
    platform, _, mission = name.partition("/")
    return url_for("missions.one", platform=platform, mission=mission)
