"""Search by name over platforms, missions and basins."""

from typing import Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters
from app.api.v1.responses import json
from app.api.v1.schemas import Resource
from app.domain.records import Mission, Platform
from app.queries import search
from app.queries.search import Place

bp = Blueprint("search", __name__)


class SearchQuery(Parameters):
    """What to look for."""

    q: str = Field(
        "",
        max_length=200,
        description="The beginnings of words of a name; case, accents and signs do not matter.",
    )
    limit: int = Field(10, ge=1, le=50, description="How many of each kind.")
    simulated: Literal["include"] | None = Field(
        None, description="`include` finds simulated platforms and missions, too."
    )


class HitLinks(Resource):
    """Where it is; `html` is the page for people."""

    self: str
    html: str


class Hit(Resource):
    """Something with such a name."""

    kind: Literal["platform", "mission", "basin"]
    id: str = Field(description="Platform or basin id; `platform/mission` of a mission.")
    title: str = Field(description="What people call it; a search for the title finds it.")
    exact: bool = Field(description="Whether it is called exactly what was asked for.")
    simulated: bool
    links: HitLinks


class Hits(Resource):
    """What was found, the exact name first within each kind."""

    items: list[Hit]
    more: list[Literal["platform", "mission", "basin"]] = Field(description="Kinds of which there are more.")


@bp.get("/search")
@documented(Hits, "search", SearchQuery)
def hits(query: SearchQuery) -> Response:
    """Platforms, missions and basins by name.

    Every word that is asked for begins a word of the name: a platform's id, serial, name and WMO id; a mission's
    stamp, name, project and platform; a basin's name. Not paged: a further letter leaves fewer.
    """
    found = search.found(query.q, query.limit, query.simulated is not None)
    exact = set(found.exact)
    items = [
        *(_platform(platform, ("platform", platform.platform) in exact) for platform in found.platforms),
        *(_basin(basin, ("basin", basin.id) in exact) for basin in found.basins),
        *(
            _mission(mission, found.owners.get(mission.platform), ("mission", mission.id) in exact)
            for mission in found.missions
        ),
    ]
    more = [kind for kind in ("platform", "mission", "basin") if kind in found.more]
    return json({"items": [item.model_dump() for item in items], "more": more})


def _platform(platform: Platform, exact: bool) -> Hit:
    to = HitLinks(self=links.platform(platform.platform)["self"], html=links.fleet_page(platform.serial))
    return Hit(
        kind="platform",
        id=platform.platform,
        title=platform.called,
        exact=exact,
        simulated=platform.simulated,
        links=to,
    )


def _mission(mission: Mission, owner: Platform | None, exact: bool) -> Hit:
    found = links.mission(mission.platform, mission.mission)
    return Hit(
        kind="mission",
        id=mission.id,
        title=f"{owner.called if owner else mission.platform} {mission.mission}",
        exact=exact,
        simulated=mission.simulated,
        links=HitLinks(self=found["self"], html=found["html"]),
    )


def _basin(basin: Place, exact: bool) -> Hit:
    found = links.basin(basin.id)
    to = HitLinks(self=found["self"], html=found["html"])
    return Hit(kind="basin", id=basin.id, title=basin.name, exact=exact, simulated=False, links=to)
