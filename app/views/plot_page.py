"""The page of one plot: large, by time or distance, with good or with all values; also for frames of other sites."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

from flask import Blueprint, render_template, request, url_for

from app.domain.plot_style import Axis, PlotChoice
from app.domain.quality_flags import Quality
from app.errors import Invalid
from app.http import public_url
from app.queries import missions, platforms
from app.views import embedding, section_figures

bp = Blueprint("plot_page", __name__)

Value = TypeVar("Value", bound=str)

_AXES: tuple[tuple[Axis, str], ...] = (("time", "by time"), ("distance", "by distance"))
_QUALITIES: tuple[tuple[Quality, str], ...] = (("good", "good values"), ("all", "all values"))


@dataclass(frozen=True, slots=True)
class Link:
    """A link to the same plot with another choice."""

    text: str
    address: str
    is_current: bool


@bp.get("/missions/<platform>/<mission>/plots/<variable>")
def one(platform: str, mission: str, variable: str) -> str:
    """A section, a series or the T-S diagram (`ts`) of a mission. Raises Invalid and NotFound."""
    record = missions.find(platform, mission)
    asked = PlotChoice(
        axis=_one_of(get_args(Axis), "axis"),
        quality=_one_of(get_args(Quality), "quality"),
    )
    picture = section_figures.one(record, variable)
    choice = asked if picture.has_distance else replace(asked, axis="time")
    here = url_for("plot_page.one", platform=record.platform, mission=record.mission, variable=variable)
    return render_template(
        "plot_page.html",
        mission=record,
        platform=platforms.named([record.platform]).get(record.platform),
        picture=picture,
        choice=choice,
        is_distance_missing=asked.axis != choice.axis,
        svg_query=choice.query,
        axes=[
            Link(text, here + replace(choice, axis=axis).query(), choice.axis == axis)
            for axis, text in _AXES
            if picture.has_distance
        ],
        qualities=[
            Link(text, here + replace(choice, quality=quality).query(), choice.quality == quality)
            for quality, text in _QUALITIES
            if picture.flagged
        ],
        frame_url=public_url.root() + here + choice.query(embed="1"),
        whole_url=here + choice.query(),
        embedded=embedding.is_embedded(),
    )


def _one_of(allowed: Sequence[Value], argument: str) -> Value:
    """The value of an argument of the query, the first of the allowed ones by default. Raises Invalid for others."""
    text = request.args.get(argument, "").strip() or allowed[0]
    value = next((each for each in allowed if each == text), None)
    if value is None:
        raise Invalid(argument, f"should be {' or '.join(map(repr, allowed))}")
    return value
