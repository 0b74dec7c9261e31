"""Figures of the sections on the page of a mission: pictures with their texts."""

from dataclasses import dataclass

from app.domain.records import Mission
from app.domain.sections import Section, days, unit_shown, variable_label
from app.http import api_urls
from app.queries import sections


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure. `url` is the section in the API; `alt` states in numbers what the picture shows."""

    id: str
    variable: str
    name: str
    url: str
    alt: str
    limits: str
    profiles_each: int
    samples: int
    is_section: bool


def of(mission: Mission) -> list[Picture]:
    """The pictures of a mission's sections, the most interesting first."""
    return [_picture(section) for section in sections.of(mission)]


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
    )


def _range(limits: tuple[float, float], section: Section) -> str:
    # One decimal less than the values themselves have: a picture can be read to a hundredth at best.
    low, high = (f"{limit:.{max(section.decimals - 1, 0)}f}".replace("-", "−") for limit in limits)
    unit = unit_shown(section.unit)
    return f"{low} to {high} {unit}" if unit else f"{low} to {high}"
