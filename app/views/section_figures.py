"""Sections as the page of a mission shows them: pictures with their words."""

from dataclasses import dataclass
from urllib.parse import quote

from app.domain.records import Mission
from app.domain.sections import Section, called, days, unit_shown
from app.queries import sections


@dataclass(frozen=True, slots=True)
class Picture:
    """One figure: `path` is its address below the mission's in the API, `alt` what it shows in numbers."""

    id: str
    variable: str
    name: str
    path: str
    alt: str
    limits: str
    profiles_each: int
    samples: int
    is_section: bool


def of(mission: Mission) -> list[Picture]:
    """The pictures of a mission's sections, the most interesting first."""
    return [_picture(section) for section in sections.of(mission)]


def _picture(section: Section) -> Picture:
    name, when = called(section.variable), days(section.start_at, section.end_at)
    is_section = section.kind == "section"
    deep = f", 0 to {section.bottom_m:g} m" if is_section else ""
    return Picture(
        id=f"section-{section.variable}",
        variable=section.variable,
        name=name,
        path=f"sections/{quote(section.variable, safe='')}",
        alt=f"{name} {_range(section.span, section)}{deep}, {when}.",
        limits=_range(section.limits, section),
        profiles_each=section.profiles_each,
        samples=section.samples,
        is_section=is_section,
    )


def _range(ends: tuple[float, float], section: Section) -> str:
    # One decimal less than the values themselves have: a picture is read to a hundredth at best.
    low, high = (f"{end:.{max(section.decimals - 1, 0)}f}".replace("-", "−") for end in ends)
    unit = unit_shown(section.unit)
    return f"{low} to {high} {unit}" if unit else f"{low} to {high}"
