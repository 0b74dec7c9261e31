"""The list of missions and the page of one."""

from datetime import timedelta
from typing import Literal

from flask import Blueprint, render_template, url_for

from app import portal
from app.domain import citations
from app.domain.records import Mission
from app.http import expiry, public_url
from app.queries import clock, missions, platforms, profiles, tracks, updates
from app.views import declared_metadata, filters, mission_table, paging, plots, schema_org, section_figures

bp = Blueprint("missions", __name__)

_MISSIONS_A_PAGE = 50
# The 143 profiles of SEA077 are three pages: enough for an overview, and a phone need not scroll too far.
_PROFILES_A_PAGE = 50
State = Literal["at_sea", "without_data", "over"]


@bp.get("/missions")
def index() -> str:
    """Missions that match the filters in the URL, a page at a time, and how many there are."""
    return render_template("missions.html", **mission_table.context(filters.missions(), _MISSIONS_A_PAGE))


@bp.get("/missions/<platform>/<mission>")
def one(platform: str, mission: str) -> str:
    """A mission with its figures, map, sections, profiles, warnings and source."""
    record, after = missions.find(platform, mission), paging.after()
    with paging.invalid_as_after():
        listed = profiles.page(record, limit=_PROFILES_A_PAGE, cursor=after)
    owner = platforms.named([record.platform]).get(record.platform)
    path = url_for("missions.one", platform=record.platform, mission=record.mission)
    citation = citations.of(record, owner, public_url.root() + path)
    return render_template(
        "mission.html",
        mission=record,
        platform=owner,
        state=_state(record),
        position=tracks.last_position(record.platform, record.mission),
        citation=citation,
        citation_text=citations.sentence(citation),
        citation_bibtex=citations.bibtex(citation),
        dataset=schema_org.mission(record, owner, citation),
        profiles=listed,
        after=after,
        depths=plots.depths(tracks.of(record)) if record.kind != "sailbuoy" else None,
        pictures=section_figures.of(record),
        ts=section_figures.ts(record),
        quality={counts.variable: counts for counts in record.flags},
        declarations=declared_metadata.differing(record.declared, record.figures),
    )


def _state(record: Mission) -> State:
    """Whether the mission is over, as its updates say, and whether it has current data. The page expires with it."""
    now, over_from = clock.now(), updates.over_from(record)
    if over_from <= now:
        return "over"
    inactive_from = record.figures.end_at + timedelta(hours=portal.current().settings.active_window_h)
    if inactive_from < now:
        expiry.until(over_from)
        return "without_data"
    expiry.until(inactive_from, over_from)
    return "at_sea"
