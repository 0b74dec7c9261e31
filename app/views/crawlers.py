"""For search engines: the sitemap, and which addresses they should not request."""

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
    """Every page with the end of its data; an index of several files if one file would be too long."""
    entries = sitemap.entries()
    missions = entries.fleet.missions if entries.fleet else 0
    if missions + len(entries.platforms) + len(entries.basins) + len(_PAGES) > _LARGEST:
        return _xml("sitemap_index.xml", parts=["pages", *sitemap.years()])
    return _xml("sitemap.xml", pages=_PAGES, entries=entries, missions=sitemap.missions_of())


@bp.get("/sitemap-<part>.xml")
def part(part: str) -> Response:
    """A part of a long sitemap: `pages`, or the missions whose data end in a year. Raises NotFound."""
    if part == "pages":
        return _xml("sitemap.xml", pages=_PAGES, entries=sitemap.entries(), missions=[])
    if part not in {str(year) for year in sitemap.years()}:
        raise NotFound(f"The sitemap has no part {part}.")
    return _xml("sitemap.xml", pages=(), entries=None, missions=sitemap.missions_of(int(part)))


@bp.get("/robots.txt")
def robots() -> Response:
    """Everything may be indexed except downloads, search results and filtered lists."""
    return Response(render_template("robots.txt", root=public_url.root()), mimetype="text/plain")


def _xml(template: str, **content: object) -> Response:
    return Response(render_template(template, root=public_url.root(), **content), mimetype="application/xml")
