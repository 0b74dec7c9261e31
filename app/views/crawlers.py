"""For search engines: what there is, and what they had better leave alone."""

from flask import Blueprint, Response, render_template

from app.errors import NotFound
from app.http import public_url
from app.queries import sitemap

bp = Blueprint("crawlers", __name__)

_PAGES = (
    "landing.index",
    "maps.index",
    "data.index",
    "missions.index",
    "platforms.index",
    "statistics.index",
    "updates.index",
)
_LARGEST = sitemap.LARGEST


@bp.get("/sitemap.xml")
def whole() -> Response:
    """Every page with the end of its data; a list of several such files when one would be too long."""
    places = sitemap.places()
    missions = places.fleet.missions if places.fleet else 0
    if missions + len(places.platforms) + len(places.basins) + len(_PAGES) > _LARGEST:
        return _xml("sitemap_index.xml", parts=["places", *sitemap.years()])
    return _xml("sitemap.xml", pages=_PAGES, places=places, missions=sitemap.missions_of())


@bp.get("/sitemap-<part>.xml")
def part(part: str) -> Response:
    """A part of a long sitemap: `places`, or the missions whose data end in a year. Raises NotFound."""
    if part == "places":
        return _xml("sitemap.xml", pages=_PAGES, places=sitemap.places(), missions=[])
    if part not in {str(year) for year in sitemap.years()}:
        raise NotFound(f"There is no part {part} of the sitemap.")
    return _xml("sitemap.xml", pages=(), places=None, missions=sitemap.missions_of(int(part)))


@bp.get("/robots.txt")
def robots() -> Response:
    """Everything may be indexed but whole data sets and the lists of every filter."""
    return Response(render_template("robots.txt", root=public_url.root()), mimetype="text/plain")


def _xml(template: str, **content: object) -> Response:
    return Response(render_template(template, root=public_url.root(), **content), mimetype="application/xml")
