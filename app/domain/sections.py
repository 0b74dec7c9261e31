"""Sections: a mission's measurements in cells of time and depth, and what pictures and arrays of them need."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

SectionKind = Literal["section", "series"]
Theme = Literal["light", "dark"]
_UNITS = {"degree_C": "°C", "Celsius": "°C", "degrees_C": "°C", "1": "", "degrees": "°", "degree": "°"}
_POWER = re.compile(r"(?<=[A-Za-z])-?\d+\b")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
THEMES: tuple[Theme, ...] = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Section:
    """One variable of a mission over time: by depth (`section`), or along the way of what does not dive (`series`).

    `samples` counts the values that went in, `span` is their least and greatest, `limits` where the colours end:
    percentiles, so that values may lie outside. A column holds the mean of at most `profiles_each` profiles that
    follow each other, of any number of samples in a series. Depths are rows of `bin_m` from the surface down.
    """

    platform: str
    mission: str
    version: str
    variable: str
    kind: SectionKind
    place: int
    unit: str | None
    standard_name: str | None
    long_name: str | None
    colour_map: str
    limits: tuple[float, float]
    span: tuple[float, float]
    decimals: int
    samples: int
    profiles: int
    profiles_each: int
    columns: int
    rows: int
    bin_m: float
    start_at: datetime
    end_at: datetime
    computed_at: datetime
    number: int
    # Compressed columns, see `domain.columns`: empty where only the figures were read.
    packed: dict[str, Any] = field(default_factory=dict)

    @property
    def bottom_m(self) -> float:
        """The lower edge of the deepest row, m."""
        return self.rows * self.bin_m


@dataclass(frozen=True, slots=True)
class Cloud:
    """Salinity and temperature of samples that have both, thinned evenly: what a T-S diagram draws."""

    platform: str
    mission: str
    version: str
    pairs: int
    points: int
    salinity_unit: str | None
    temperature_unit: str | None
    computed_at: datetime
    number: int
    packed: dict[str, Any] = field(default_factory=dict)


def days(start_at: datetime, end_at: datetime) -> str:
    """The days in words: "8 to 16 December 2022", with what both have in common said once."""
    last = f"{end_at.day} {end_at:%B %Y}"
    if start_at.date() == end_at.date():
        return last
    if (start_at.year, start_at.month) == (end_at.year, end_at.month):
        return f"{start_at.day} to {last}"
    return f"{start_at.day} {start_at:%B}{'' if start_at.year == end_at.year else f' {start_at.year}'} to {last}"


def called(variable: str) -> str:
    """A variable's name as people write it."""
    return variable.replace("_", " ").capitalize()


def unit_shown(unit: str | None) -> str:
    """A unit as people write it: `kg m⁻³`, `°C`; empty for none."""
    known = _UNITS.get(unit or "", unit or "")
    return _POWER.sub(lambda power: power[0].translate(_RAISED), known)
