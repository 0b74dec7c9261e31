"""A mission's sections, its T-S diagram and its single profiles: as arrays, CSV and pictures."""

import re
from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import arrays, links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters, Since
from app.api.v1.responses import CSV, json
from app.domain.sections import Theme
from app.queries import missions, profiles, sections

bp = Blueprint("sections", __name__)

PNG = "image/png"
# What stands in a header and in every file system as it is.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


class Form(Parameters):
    """In which form."""

    format: Literal["json", "csv"] = Field("json", description="Arrays as `json`, or `csv` with a line for each cell.")


class Drawn(Parameters):
    """In which colours."""

    theme: Theme = Field("light", description="Dark on `light` ground, or light on `dark`.")


class Which(Parameters):
    """Which of the profiles with a number."""

    start: Annotated[Since | None, Field(description="`start_at` of the profile, where its number repeats.")] = None


@bp.get("/missions/<platform>/<mission>/sections")
@documented(arrays.SectionList, "sections", may_be_missing=True)
def listed(platform: str, mission: str) -> Response:
    """Which variables have a section, with their limits and where they are.

    Empty in the moments before a new mission's sections have been made.
    """
    found = missions.find(platform, mission)
    some = sections.of(found)
    ts = links.ts(found.platform, found.mission)["self"] if sections.has_cloud(found) else None
    answer = arrays.SectionList(
        platform=found.platform,
        mission=found.mission,
        version=some[0].version if some else None,
        items=[arrays.SectionFigures(**arrays.figures(section)) for section in some],
        ts=ts,
    )
    return json(answer.model_dump())


@bp.get("/missions/<platform>/<mission>/sections/<variable>")
@documented(arrays.Section, "sections", Form, may_be_missing=True, also=[CSV])
def one(platform: str, mission: str, variable: str, query: Form) -> Response:
    """The section of a variable: means by time and depth.

    Columns are profiles in time order, or the means of a few where there are more than 400; rows are depths.
    """
    found = missions.find(platform, mission)
    whole = arrays.whole(sections.find(found, variable))
    if query.format == "csv":
        return _file("".join(arrays.rows(whole)), CSV, found.platform, found.mission, variable, "csv")
    return json(whole.model_dump())


@bp.get("/missions/<platform>/<mission>/sections/<variable>.png")
@documented(None, "sections", Drawn, mimetype=PNG, says="A picture.", may_be_missing=True)
def drawn(platform: str, mission: str, variable: str, query: Drawn) -> Response:
    """The section of a variable as a picture."""
    found = missions.find(platform, mission)
    png = sections.picture(found, variable, query.theme)
    return _file(png, PNG, found.platform, found.mission, variable, "png")


@bp.get("/missions/<platform>/<mission>/ts")
@documented(arrays.Cloud, "sections", may_be_missing=True)
def ts(platform: str, mission: str) -> Response:
    """Salinity and temperature of at most 4 000 samples, taken evenly: the points of a T-S diagram."""
    return json(arrays.Cloud.of(sections.cloud(missions.find(platform, mission))).model_dump())


@bp.get("/missions/<platform>/<mission>/ts.png")
@documented(None, "sections", Drawn, mimetype=PNG, says="A picture.", may_be_missing=True)
def ts_drawn(platform: str, mission: str, query: Drawn) -> Response:
    """The T-S diagram as a picture, with lines of equal density."""
    found = missions.find(platform, mission)
    return _file(sections.cloud_picture(found, query.theme), PNG, found.platform, found.mission, "ts", "png")


@bp.get("/missions/<platform>/<mission>/profiles/<number>")
@documented(arrays.ProfileSamples, "profiles", Which, may_be_missing=True)
def profile(platform: str, mission: str, number: str, query: Which) -> Response:
    """One profile's samples as arrays, thinned evenly above 5 000.

    Numbers repeat in some missions: without `start`, a number that several profiles have is refused.
    """
    found = missions.find(platform, mission)
    one = profiles.one(found, number, query.start)
    return json(arrays.ProfileSamples.of(found, one, profiles.samples_of_one(found, one)).model_dump())


def _file(body: bytes | str, mimetype: str, *name: str) -> Response:
    response = Response(body, mimetype=mimetype)
    saved_as = ".".join(_UNSAFE.sub("_", part) for part in ("_".join(name[:-1]), name[-1]))
    response.headers.set("Content-Disposition", "inline", filename=saved_as)
    return response
