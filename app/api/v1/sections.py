"""Sections, T-S diagram and single profiles of a mission as arrays, CSV and pictures."""

from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import arrays, links
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters, Since, WithQuality
from app.api.v1.responses import CSV, attached, json
from app.domain.sections import Theme
from app.queries import missions, profiles, sections

bp = Blueprint("sections", __name__)

PNG = "image/png"


class SectionQuery(Parameters):
    """The format of a section."""

    format: Literal["json", "csv"] = Field(
        "json", description="`json` with arrays, or `csv` with a line for each cell."
    )


class PictureQuery(Parameters):
    """The colours of a picture."""

    theme: Theme = Field("light", description="Colours for a `light` or a `dark` background.")


class ProfileQuery(WithQuality):
    """Which of several profiles with the same number, and which of its values."""

    start: Annotated[Since | None, Field(description="`start_at` of the profile; required if its number repeats.")] = (
        None
    )


@bp.get("/missions/<platform>/<mission>/sections")
@documented(arrays.SectionList, "sections", of_mission=True)
def listed(platform: str, mission: str) -> Response:
    """The variables that have a section, with limits and links.

    The list is empty until the sections of a new mission have been derived, seconds after its import.
    """
    record = missions.find(platform, mission)
    listed = sections.of(record)
    body = arrays.SectionList(
        platform=record.platform,
        mission=record.mission,
        version=listed[0].version if listed else None,
        items=[arrays.SectionFigures(**arrays.figures(section)) for section in listed],
        ts=links.ts(record.platform, record.mission)["self"] if sections.has_cloud(record) else None,
    )
    return json(body.model_dump())


@bp.get("/missions/<platform>/<mission>/sections/<variable>")
@documented(arrays.Section, "sections", SectionQuery, of_mission=True, also=[CSV])
def one(platform: str, mission: str, variable: str, query: SectionQuery) -> Response:
    """The section of a variable: means by time and depth.

    Columns are profiles in time order, or means of several profiles if there are more than 400; rows are depths.
    """
    record = missions.find(platform, mission)
    section = arrays.with_cells(sections.find(record, variable))
    if query.format == "csv":
        return _file("".join(arrays.rows(section)), CSV, f"{record.platform}_{record.mission}_{variable}.csv")
    return json(section.model_dump())


@bp.get("/missions/<platform>/<mission>/sections/<variable>.png")
@documented(None, "sections", PictureQuery, mimetype=PNG, success="A picture.", of_mission=True)
def picture(platform: str, mission: str, variable: str, query: PictureQuery) -> Response:
    """The section of a variable as a picture."""
    record = missions.find(platform, mission)
    png = sections.picture(record, variable, query.theme)
    return _file(png, PNG, f"{record.platform}_{record.mission}_{variable}.png")


@bp.get("/missions/<platform>/<mission>/ts")
@documented(arrays.TsDiagram, "sections", of_mission=True)
def ts(platform: str, mission: str) -> Response:
    """The points of the T-S diagram: salinity and temperature of at most 4 000 samples, thinned evenly.

    `density` has the potential density over its axes, from which lines of equal density can be drawn.
    """
    return json(arrays.TsDiagram.of(sections.cloud(missions.find(platform, mission))).model_dump())


@bp.get("/missions/<platform>/<mission>/ts.png")
@documented(None, "sections", PictureQuery, mimetype=PNG, success="A picture.", of_mission=True)
def ts_picture(platform: str, mission: str, query: PictureQuery) -> Response:
    """The T-S diagram as a picture, with lines of equal density."""
    record = missions.find(platform, mission)
    return _file(sections.cloud_picture(record, query.theme), PNG, f"{record.platform}_{record.mission}_ts.png")


@bp.get("/missions/<platform>/<mission>/profiles/<number>")
@documented(arrays.ProfileSamples, "profiles", ProfileQuery, of_mission=True)
def profile(platform: str, mission: str, number: str, query: ProfileQuery) -> Response:
    """The samples of one profile as arrays, thinned evenly if there are more than 5 000.

    In some missions, profile numbers repeat: `start` is required if several profiles have the number. Values that are
    flagged as bad are null unless `quality` is `all`.
    """
    record = missions.find(platform, mission)
    one = profiles.one(record, number, query.start)
    samples = profiles.samples_of_one(record, one, query.quality)
    return json(arrays.ProfileSamples.of(record, one, samples).model_dump())


def _file(body: bytes | str, mimetype: str, filename: str) -> Response:
    return attached(Response(body, mimetype=mimetype), filename, "inline")
