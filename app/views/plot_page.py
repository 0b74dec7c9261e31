"""The page of one plot: large, by time or distance, with good or with all values; also for frames of other sites."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for

from app.domain.plot_style import Axis
from app.domain.quality_flags import Quality
from app.errors import Invalid
from app.http import public_url
from app.queries import missions, platforms
from app.views import embedding, section_figures

bp = Blueprint("plot_page", __name__)

_AXES: tuple[tuple[Axis, str], ...] = (("time", "by time"), ("distance", "by distance"))
_QUALITIES: tuple[tuple[Quality, str], ...] = (("good", "good values"), ("all", "all values"))


@dataclass(frozen=True, slots=True)
class Choice:
    """The axis and the values of a plot."""

    axis: Axis = "time"
    quality: Quality = "good"

    def query(self, **more: str) -> str:
        """The arguments that differ from the defaults, and others, as the end of an address."""
        given = {
            **({"axis": self.axis} if self.axis != "time" else {}),
            **({"quality": self.quality} if self.quality != "good" else {}),
            **more,
        }
        return f"?{urlencode(given)}" if given else ""


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
    asked = Choice(_axis(), _quality())
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


def _axis() -> Axis:
    match _argument("axis"):
        case "" | "time":
            return "time"
        case "distance":
            return "distance"
    raise Invalid("axis", "should be 'time' or 'distance'")


def _quality() -> Quality:
    match _argument("quality"):
        case "" | "good":
            return "good"
        case "all":
            return "all"
    raise Invalid("quality", "should be 'good' or 'all'")


def _argument(name: str) -> str:
    return request.args.get(name, "").strip()
