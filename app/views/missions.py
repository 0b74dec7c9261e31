"""The list of missions and the page of one."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request

from app.domain.records import MODE_RANK
from app.errors import Invalid
from app.queries import basins, missions, platforms, profiles, tracks
from app.views import declarations, plots

bp = Blueprint("missions", __name__)

_MISSIONS_A_PAGE = 50
# SEA077's 143 profiles are three pages: enough to look around, not so many that a phone has to scroll for ever.
_PROFILES_A_PAGE = 50
_LONGEST = 200


def _word(value: str) -> str:
    if len(value) > _LONGEST or "\0" in value:
        raise ValueError(f"must be at most {_LONGEST} characters of text")
    return value


def _mode(value: str) -> str:
    if value not in MODE_RANK:
        raise ValueError("must be R, P, A or D")
    return value


def _year(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) == 4):
        raise ValueError("must be a year such as 2022")
    return int(value)


# The filters of the list in the order of its form, and how each is read.
FILTERS: dict[str, Callable[[str], Any]] = {
    "platform": _word,
    "basin": _word,
    "project": _word,
    "data_mode": _mode,
    "year": _year,
    "variable": _word,
}


@bp.get("/missions")
def index() -> str:
    """Missions that match the filters in the URL, newest data first, a page at a time."""
    chosen = _chosen()
    found = _page(chosen)
    facets = missions.facets()
    named = {mission.platform for mission in found.items} | set(facets["platform"])
    return render_template(
        "missions.html",
        chosen=chosen,
        after=request.args.get("after"),
        missions=found.items,
        next=found.next,
        platforms=platforms.named(sorted(named)),
        facets=facets,
        basin_names=basins.names(),
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
    return render_template(
        "mission.html",
        mission=found,
        platform=platforms.named([found.platform]).get(found.platform),
        profiles=listed,
        after=after,
        depths=plots.depths(tracks.of(found)),
        declarations=declarations.differing(found.declared, found.figures),
    )


def _chosen() -> dict[str, Any]:
    """The filters that are set. Raises Invalid, naming the one that makes no sense."""
    chosen: dict[str, Any] = {}
    for name, read in FILTERS.items():
        # A form without scripts sends what was left at "all" as an empty word.
        if value := request.args.get(name, "").strip():
            try:
                chosen[name] = read(value)
            except ValueError as error:
                raise Invalid(name, str(error)) from error
    return chosen


def _page(chosen: dict[str, Any]) -> missions.MissionPage:
    try:
        return missions.page(chosen, limit=_MISSIONS_A_PAGE, cursor=request.args.get("after") or None)
    except Invalid as error:
        # People see the name that stands in their address bar.
        raise Invalid("after", error.problem) from error
