"""Sections: a mission's measurements averaged in cells of time and depth, for figures and arrays."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

# The end of the name of a variable with adjusted values.
ADJUSTED = "_adjusted"
SectionKind = Literal["section", "series"]
Theme = Literal["light", "dark"]
_UNITS = {"1": "", "degrees": "°", "degree": "°"}
_CELSIUS = re.compile(r"deg(ree)?s?[ _]?c(elsius)?|celsius", re.IGNORECASE)
_POWER = re.compile(r"(?<=[A-Za-z])-?\d+\b")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
THEMES: tuple[Theme, ...] = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Section:
    """One variable of a mission over time: by depth (`section`), or along the track of a surface vessel (`series`).

    `samples` counts the averaged values, `span` is their minimum and maximum, `limits` are the ends of the colour
    scale: percentiles, so that values may lie outside. A column is the mean of at most `profiles_each` consecutive
    profiles; in a series, of any number of samples. Rows are depth bins of `bin_m` from the surface down.
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
    # Compressed columns, see `domain.columns`; empty if only the figures were read.
    packed: dict[str, Any] = field(default_factory=dict)

    @property
    def bottom_m(self) -> float:
        """The lower edge of the deepest row, m."""
        return self.rows * self.bin_m


@dataclass(frozen=True, slots=True)
class Cloud:
    """Salinity and temperature of samples that have both, thinned evenly: the points of a T-S diagram.

    `packed` also has the potential density anomaly over the axes of the diagram (`density_salinity`,
    `density_temperature`, `sigma0`), if the units are known; documents of earlier releases have none. `lon_deg` and
    `lat_deg` are the mean position of the profiles, for which it is computed.
    """

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
    lon_deg: float | None = None
    lat_deg: float | None = None


def days(start_at: datetime, end_at: datetime) -> str:
    """The days in words: "8 to 16 December 2022"; a common month or year stands once."""
    last = f"{end_at.day} {end_at:%B %Y}"
    if start_at.date() == end_at.date():
        return last
    if (start_at.year, start_at.month) == (end_at.year, end_at.month):
        return f"{start_at.day} to {last}"
    return f"{start_at.day} {start_at:%B}{'' if start_at.year == end_at.year else f' {start_at.year}'} to {last}"


def variable_label(variable: str) -> str:
    """A variable's name for display: `sea_water_temperature` gives `Sea water temperature`."""
    return variable.replace(ADJUSTED, ", adjusted").replace("_", " ").capitalize()


def unit_shown(unit: str | None) -> str:
    """A unit for display: `kg m⁻³`, `°C`; empty for none."""
    symbol = "°C" if _CELSIUS.fullmatch(unit or "") else _UNITS.get(unit or "", unit or "")
    return _POWER.sub(lambda power: power[0].translate(_RAISED), symbol)
