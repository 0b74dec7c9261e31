"""Figures of the sections on the pages of a mission: pictures with their texts."""

from dataclasses import dataclass

from app.domain.quality_flags import Quality
from app.domain.records import Mission
from app.domain.sections import ADJUSTED, Cloud, Section, days, unit_shown, variable_label
from app.errors import NotFound
from app.http import api_urls
from app.queries import sections

# The name of the T-S diagram in addresses, where sections have the name of their variable.
_TS = "ts"


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure. `url` is the section in the API; `alt` states in numbers what the picture shows.

    `flagged` counts the values that are flagged as bad; `has_distance`: the axis can be the distance along the track.
    """

    id: str
    variable: str
    name: str
    url: str
    alt: str
    limits: str
    profiles_each: int
    samples: int
    is_section: bool
    flagged: int = 0
    has_distance: bool = False
    # For the T-S diagram: its figures, and why it shows raw values although the mission has adjusted ones.
    cloud: Cloud | None = None
    reason: str = ""

    @property
    def is_ts(self) -> bool:
        """True for the T-S diagram."""
        return self.id == _TS

    def alt_of(self, quality: Quality) -> str:
        """The same as `alt` for a picture of good or of all values."""
        if quality == "good" or not self.flagged:
            return self.alt
        return f"{self.alt} These are figures of good values; values flagged as bad are drawn, too."


def of(mission: Mission) -> list[Picture]:
    """The pictures of a mission's sections, the most interesting first."""
    return [_picture(section) for section in sections.of(mission)]


def one(mission: Mission, variable: str) -> Picture:
    """The picture of the section of a variable, or of the T-S diagram (`ts`). Raises NotFound."""
    listed = [ts(mission)] if variable == _TS else of(mission)
    picture = next((each for each in listed if each is not None and each.variable == variable), None)
    if picture is None:
        raise NotFound(f"Mission {mission.mission} of {mission.platform} has no plot of {variable[:80]}.")
    return picture


def ts(mission: Mission) -> Picture | None:
    """The picture of the T-S diagram; None if no sample has both."""
    cloud = sections.cloud_figures(mission)
    if cloud is None:
        return None
    colours = ", coloured by depth" if cloud.has_depths else ""
    lines = "; lines of equal density" if cloud.has_density else ""
    return Picture(
        id=_TS,
        variable=_TS,
        name="T-S diagram",
        url=api_urls.mission(mission.platform, mission.mission, "ts"),
        alt=f"{cloud.name} of {cloud.points} samples{colours}{lines}.",
        limits="",
        profiles_each=1,
        samples=cloud.pairs,
        is_section=False,
        flagged=cloud.flagged,
        cloud=cloud,
        reason=_why_raw(mission, cloud),
    )


def _why_raw(mission: Mission, cloud: Cloud) -> str:
    names = {variable.name for variable in mission.variables}
    has_adjusted = {f"temperature{ADJUSTED}", f"salinity{ADJUSTED}"} <= names
    return "Raw values, because no sample has good adjusted ones." if has_adjusted and not cloud.is_adjusted else ""


def _picture(section: Section) -> Picture:
    name, period = variable_label(section.variable), days(section.start_at, section.end_at)
    is_section = section.kind == "section"
    depths = f", 0 to {section.bottom_m:g} m" if is_section else ""
    return Picture(
        id=f"section-{section.variable}",
        variable=section.variable,
        name=name,
        url=api_urls.mission(section.platform, section.mission, "sections", section.variable),
        alt=f"{name} {_range(section.span, section)}{depths}, {period}.",
        limits=_range(section.limits, section),
        profiles_each=section.profiles_each,
        samples=section.samples,
        is_section=is_section,
        flagged=section.flagged,
        has_distance=section.along_m is not None,
    )


def _range(limits: tuple[float, float], section: Section) -> str:
    # One decimal less than the values themselves have: a picture can be read to a hundredth at best.
    low, high = (f"{limit:.{max(section.decimals - 1, 0)}f}".replace("-", "−") for limit in limits)
    unit = unit_shown(section.unit)
    return f"{low} to {high} {unit}" if unit else f"{low} to {high}"
