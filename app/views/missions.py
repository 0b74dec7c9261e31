"""The list of missions and the page of one."""

from flask import Blueprint, render_template, request, url_for

from app.domain import citations
from app.errors import Invalid
from app.http import public_url
from app.queries import basins, exports, missions, platforms, profiles, sections, tracks
from app.views import declared_metadata, filters, plots, schema_org, section_figures

bp = Blueprint("missions", __name__)

_MISSIONS_A_PAGE = 50
# SEA077's 143 profiles are three pages: enough to look around, not so many that a phone has to scroll for ever.
_PROFILES_A_PAGE = 50


@bp.get("/missions")
def index() -> str:
    """Missions that match the choice in the URL, a page at a time, and how many there are."""
    choice = filters.missions()
    found = _page(choice)
    facets = missions.facets()
    named = filters.platforms(found.items, facets, choice.given)
    return render_template(
        "missions.html",
        chosen=choice.given,
        after=request.args.get("after"),
        missions=found.items,
        next=found.next,
        count=missions.count(choice.filters, **choice.span),
        platforms=platforms.named(named),
        facets=facets,
        basin_names=basins.names(),
        most_exported=exports.MOST_MISSIONS,
    )


@bp.get("/missions/<platform>/<mission>")
def one(platform: str, mission: str) -> str:
    """A mission with its figures, map, profiles, warnings and origin."""
    found = missions.find(platform, mission)
    after = request.args.get("after")
    try:
        listed = profiles.page(found, limit=_PROFILES_A_PAGE, cursor=after)
    except Invalid as error:
        raise Invalid("after", error.problem) from error
    owner = platforms.named([found.platform]).get(found.platform)
    here = url_for("missions.one", platform=found.platform, mission=found.mission)
    cited = citations.of(found, owner, public_url.root() + here)
    return render_template(
        "mission.html",
        mission=found,
        platform=owner,
        citation=cited,
        citation_text=citations.sentence(cited),
        citation_bibtex=citations.bibtex(cited),
        dataset=schema_org.mission(found, owner, cited),
        profiles=listed,
        after=after,
        depths=plots.depths(tracks.of(found)) if found.kind != "sailbuoy" else None,
        pictures=section_figures.of(found),
        has_ts=sections.has_cloud(found),
        declarations=declared_metadata.differing(found.declared, found.figures),
    )


def _page(choice: filters.Choice) -> missions.MissionPage:
    try:
        return missions.page(
            choice.filters,
            limit=_MISSIONS_A_PAGE,
            cursor=request.args.get("after") or None,
            sort=choice.sort,
            **choice.span,
        )
    except Invalid as error:
        if error.field != "cursor":
            raise
        # People see the name that stands in their address bar.
        raise Invalid("after", error.problem) from error
