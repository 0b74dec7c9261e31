"""Search by name over platforms, missions and basins."""

from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters, Simulated
from app.api.v1.responses import json
from app.api.v1.schemas import Resource
from app.domain.records import Mission, Platform
from app.queries import search
from app.queries.search import BasinHit

bp = Blueprint("search", __name__)


class SearchQuery(Parameters):
    """The text to search for."""

    q: str = Field(
        "",
        max_length=200,
        description="Words of a name, or the beginnings of words; case, accents and punctuation are ignored.",
    )
    limit: int = Field(10, ge=1, le=50, description="Maximum number of results of each kind.")
    simulated: Simulated = None


class ResultLinks(Resource):
    """Links to the resource and to its page (`html`)."""

    self: str
    html: str


class SearchResult(Resource):
    """A platform, mission or basin whose name matches."""

    kind: Literal["platform", "mission", "basin"]
    id: str = Field(description="Platform or basin id; `platform/mission` for a mission.")
    title: str = Field(description="Display name; a search for it returns this result.")
    exact: bool = Field(description="True if the whole name equals the text, not only beginnings of words.")
    simulated: bool
    operator_number: str | None = Field(description="For a mission, its number such as `M17`; null if it has none.")
    links: ResultLinks


class SearchResults(Resource):
    """The results; within each kind, exact names come first."""

    items: list[SearchResult]
    more: list[Literal["platform", "mission", "basin"]] = Field(description="Kinds with more results than `limit`.")


@bp.get("/search")
@documented(SearchResults, "search", SearchQuery)
def hits(query: SearchQuery) -> Response:
    """Platforms, missions and basins by name.

    Every word of the text must begin a word of the name: id, serial, name, operator and WMO id (`WMO 6801666`) of a
    platform; id, name, project, institution, dataset id and platform of a mission; name of a basin. There are no
    further pages: a longer text narrows the results.
    """
    results = search.by_name(query.q, query.limit, query.simulated is not None)
    exact = set(results.exact)
    items = [
        *(_platform(platform, ("platform", platform.platform) in exact) for platform in results.platforms),
        *(_basin(basin, ("basin", basin.id) in exact) for basin in results.basins),
        *(
            _mission(mission, results.owners.get(mission.platform), ("mission", mission.id) in exact)
            for mission in results.missions
        ),
    ]
    more = [kind for kind in ("platform", "mission", "basin") if kind in results.more]
    return json({"items": [item.model_dump() for item in items], "more": more})


def _platform(platform: Platform, exact: bool) -> SearchResult:
    return SearchResult(
        kind="platform",
        id=platform.platform,
        title=platform.display_name,
        exact=exact,
        simulated=platform.simulated,
        operator_number=None,
        links=_own_links(links.platform(platform.platform, platform.serial)),
    )


def _mission(mission: Mission, owner: Platform | None, exact: bool) -> SearchResult:
    return SearchResult(
        kind="mission",
        id=mission.id,
        title=f"{owner.display_name if owner else mission.platform} {mission.mission}",
        exact=exact,
        simulated=mission.simulated,
        operator_number=mission.operator_number,
        links=_own_links(links.mission(mission.platform, mission.mission)),
    )


def _basin(basin: BasinHit, exact: bool) -> SearchResult:
    own = _own_links(links.basin(basin.id))
    return SearchResult(
        kind="basin", id=basin.id, title=basin.name, exact=exact, simulated=False, operator_number=None, links=own
    )


def _own_links(all_links: links.Links) -> ResultLinks:
    return ResultLinks(self=all_links["self"], html=all_links["html"])
