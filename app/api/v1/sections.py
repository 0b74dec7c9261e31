"""Sections, T-S diagram and single profiles of a mission as arrays, CSV and pictures."""

from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import Field

from app.api.v1 import arrays, links, section_svg, ts_svg
from app.api.v1.openapi import documented
from app.api.v1.parameters import Parameters, Since, WithQuality
from app.api.v1.profile_arrays import ProfileSamples
from app.api.v1.responses import CSV, attached, json
from app.api.v1.ts_arrays import TsDiagram
from app.domain.plot_style import Axis, PlotChoice, Scale
from app.domain.quality_flags import Quality
from app.domain.records import Mission
from app.domain.sections import Theme, mission_label
from app.queries import missions, platforms, profiles, sections

bp = Blueprint("sections", __name__)

PNG, SVG = "image/png", "image/svg+xml"
_SCALES: dict[str, Scale] = {"1": 1, "2": 2, "4": 4}


class TsQuery(Parameters):
    """Which values a plot or its arrays hold."""

    quality: Quality = Field(
        "good",
        description="`good` leaves out the values that the file flags as bad, probably bad or missing. `all` includes "
        "them, and marks what has no good value.",
    )


class SectionQuery(TsQuery):
    """The format of a section, and its values."""

    format: Literal["json", "csv"] = Field(
        "json", description="`json` with arrays, or `csv` with a line for each cell."
    )


class ThemeQuery(Parameters):
    """The colours of a picture."""

    theme: Theme = Field("light", description="Colours for a `light` or a `dark` background.")


class PngQuery(ThemeQuery):
    """The colours and the size of a picture."""

    scale: Literal["1", "2", "4"] = Field(
        "1", description="Pixels for each unit of the size, which is 900 by 420: `2` and `4` for slides and posters."
    )


class TsSvgQuery(ThemeQuery, TsQuery):
    """The colours and the values of a T-S diagram."""


class SvgQuery(TsSvgQuery):
    """The colours, the axis and the values of a section."""

    axis: Axis = Field(
        "time", description="Columns by `time`, or by `distance` along the track, km; 404 if the distance is unknown."
    )


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
        ts=links.ts(record.platform, record.mission)["self"] if sections.cloud_figures(record) else None,
    )
    return json(body.model_dump())


@bp.get("/missions/<platform>/<mission>/sections/<variable>")
@documented(arrays.Section, "sections", SectionQuery, of_mission=True, also=[CSV])
def one(platform: str, mission: str, variable: str, query: SectionQuery) -> Response:
    """The section of a variable: means by time and depth.

    Columns are profiles in time order, or means of several profiles if there are more than 400; rows are depths.
    """
    record = missions.find(platform, mission)
    section = arrays.with_cells(sections.find(record, variable), query.quality)
    if query.format == "csv":
        return _file("".join(arrays.rows(section)), CSV, f"{record.platform}_{record.mission}_{variable}.csv")
    return json(section.model_dump())


@bp.get("/missions/<platform>/<mission>/sections/<variable>.png")
@documented(None, "sections", PngQuery, mimetype=PNG, success="A picture.", of_mission=True)
def picture(platform: str, mission: str, variable: str, query: PngQuery) -> Response:
    """The section of a variable along time as a picture, of good values."""
    record = missions.find(platform, mission)
    png = sections.picture(record, variable, query.theme, _SCALES[query.scale])
    return _file(png, PNG, f"{record.platform}_{record.mission}_{variable}{_size(query)}.png")


@bp.get("/missions/<platform>/<mission>/sections/<variable>.svg")
@documented(None, "sections", SvgQuery, mimetype=SVG, success="A picture.", of_mission=True)
def vector_picture(platform: str, mission: str, variable: str, query: SvgQuery) -> Response:
    """The section of a variable as a picture of any size, along time or distance, of good or of all values."""
    record = missions.find(platform, mission)
    choice = PlotChoice(query.theme, query.axis, query.quality)
    section = sections.find(record, variable)
    svg = section_svg.drawn(section, _label(record), record, choice)
    return _file(svg, SVG, f"{record.platform}_{record.mission}_{variable}.svg")


@bp.get("/missions/<platform>/<mission>/ts")
@documented(TsDiagram, "sections", TsQuery, of_mission=True)
def ts(platform: str, mission: str, query: TsQuery) -> Response:
    """The points of the T-S diagram: salinity and temperature of at most 4 000 samples, thinned evenly.

    With `quality=all`, `flagged_points` has at most as many samples of which a value is flagged as bad.

    `density` has the potential density over its axes, from which lines of equal density can be drawn.
    """
    return json(TsDiagram.of(sections.cloud(missions.find(platform, mission)), query.quality).model_dump())


@bp.get("/missions/<platform>/<mission>/ts.png")
@documented(None, "sections", PngQuery, mimetype=PNG, success="A picture.", of_mission=True)
def ts_picture(platform: str, mission: str, query: PngQuery) -> Response:
    """The T-S diagram of good values as a picture, with lines of equal density."""
    record = missions.find(platform, mission)
    png = sections.cloud_picture(record, query.theme, _SCALES[query.scale])
    return _file(png, PNG, f"{record.platform}_{record.mission}_ts{_size(query)}.png")


@bp.get("/missions/<platform>/<mission>/ts.svg")
@documented(None, "sections", TsSvgQuery, mimetype=SVG, success="A picture.", of_mission=True)
def vector_ts(platform: str, mission: str, query: TsSvgQuery) -> Response:
    """The T-S diagram as a picture of any size, of good or of all values; flagged points are hollow."""
    record = missions.find(platform, mission)
    choice = PlotChoice(query.theme, quality=query.quality)
    svg = ts_svg.drawn(sections.cloud(record), _label(record), record, choice)
    return _file(svg, SVG, f"{record.platform}_{record.mission}_ts.svg")


@bp.get("/missions/<platform>/<mission>/profiles/<number>")
@documented(ProfileSamples, "profiles", ProfileQuery, of_mission=True)
def profile(platform: str, mission: str, number: str, query: ProfileQuery) -> Response:
    """The samples of one profile as arrays, thinned evenly if there are more than 5 000.

    In some missions, profile numbers repeat: `start` is required if several profiles have the number. Values that are
    flagged as bad are null unless `quality` is `all`.
    """
    record = missions.find(platform, mission)
    one = profiles.one(record, number, query.start)
    samples = profiles.samples_of_one(record, one, query.quality)
    return json(ProfileSamples.of(record, one, samples).model_dump())


def _label(record: Mission) -> str:
    owner = platforms.named([record.platform]).get(record.platform)
    return mission_label(record, owner)


def _size(query: PngQuery) -> str:
    return "" if query.scale == "1" else f"_{query.scale}x"


def _file(body: bytes | str, mimetype: str, filename: str) -> Response:
    return attached(Response(body, mimetype=mimetype), filename, "inline")
