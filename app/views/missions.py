"""The list of missions and the page of one."""

from flask import Blueprint, render_template, url_for

from app.domain import citations
from app.http import public_url
from app.queries import missions, platforms, profiles, sections, tracks
from app.views import declared_metadata, filters, mission_table, paging, plots, schema_org, section_figures

bp = Blueprint("missions", __name__)

_MISSIONS_A_PAGE = 50
# The 143 profiles of SEA077 are three pages: enough for an overview, and a phone need not scroll too far.
_PROFILES_A_PAGE = 50


@bp.get("/missions")
def index() -> str:
    """Missions that match the filters in the URL, a page at a time, and how many there are."""
    return render_template("missions.html", **mission_table.context(filters.missions(), _MISSIONS_A_PAGE))


@bp.get("/missions/<platform>/<mission>")
def one(platform: str, mission: str) -> str:
    """A mission with its figures, map, sections, profiles, warnings and source."""
    shown, after = missions.find(platform, mission), paging.after()
    with paging.invalid_as_after():
        listed = profiles.page(shown, limit=_PROFILES_A_PAGE, cursor=after)
    owner = platforms.named([shown.platform]).get(shown.platform)
    path = url_for("missions.one", platform=shown.platform, mission=shown.mission)
    citation = citations.of(shown, owner, public_url.root() + path)
    return render_template(
        "mission.html",
        mission=shown,
        platform=owner,
        citation=citation,
        citation_text=citations.sentence(citation),
        citation_bibtex=citations.bibtex(citation),
        dataset=schema_org.mission(shown, owner, citation),
        profiles=listed,
        after=after,
        depths=plots.depths(tracks.of(shown)) if shown.kind != "sailbuoy" else None,
        pictures=section_figures.of(shown),
        has_ts=sections.has_cloud(shown),
        declarations=declared_metadata.differing(shown.declared, shown.figures),
    )
