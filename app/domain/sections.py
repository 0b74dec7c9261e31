"""Sections: a mission's measurements averaged in cells of time and depth, for figures and arrays."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from app.domain import mission_number
from app.domain.quality_flags import Quality
from app.domain.records import Mission, Platform

# The end of the name of a variable with adjusted values.
ADJUSTED = "_adjusted"
SectionKind = Literal["section", "series"]
Theme = Literal["light", "dark"]
_MODES = {"R": "real time", "P": "provisional", "A": "adjusted", "D": "delayed mode"}
_UNITS = {"1": "", "degrees": "°", "degree": "°"}
_CELSIUS = re.compile(r"deg(ree)?s?[ _]?c(elsius)?|celsius", re.IGNORECASE)
_POWER = re.compile(r"(?<=[A-Za-z])-?\d+\b")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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
    # Values with a flag that leaves them out of `values`; the column `every` has the means with them.
    flagged: int = 0
    # Length of the track from the first to the last column, m; None if no column has a place along it.
    along_m: float | None = None

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
    # Samples whose salinity or temperature is flagged as bad: the columns `flagged_salinity` and others.
    flagged: int = 0
    # Both are adjusted, or both are raw.
    salinity_variable: str = "salinity"
    temperature_variable: str = "temperature"
    # The flagged samples that are drawn, and the drawn ones of each kind whose depth is unknown.
    flagged_points: int = 0
    depth_unknown: int = 0
    flagged_depth_unknown: int = 0
    # True if `packed` has the density.
    has_density: bool = True

    @property
    def is_adjusted(self) -> bool:
        """True if the diagram shows adjusted values."""
        return self.temperature_variable.endswith(ADJUSTED)

    @property
    def name(self) -> str:
        """What the diagram shows, in words."""
        return f"{'Adjusted temperature against adjusted' if self.is_adjusted else 'Temperature against'} salinity"

    @property
    def has_depths(self) -> bool:
        """True if the depth of any drawn good sample is known."""
        return self.depth_unknown < self.points

    def unknown_depths(self, quality: Quality) -> int:
        """The number of drawn points whose depth is unknown."""
        return self.depth_unknown + (self.flagged_depth_unknown if quality == "all" else 0)


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


def legend(flagged: int, quality: Quality, mark: str) -> str:
    """What a picture does with values that are flagged as bad; empty without such values.

    mark: how it shows what has no good value, such as "striped cells".
    """
    if not flagged:
        return ""
    count = number_text(flagged)
    if quality == "good":
        return f"Good values only: {count} flagged as bad {'is' if flagged == 1 else 'are'} hidden"
    return f"All values, {count} of them flagged as bad; {mark}: flagged values only"


def cloud_notes(cloud: Cloud, quality: Quality) -> list[str]:
    """What a T-S diagram does with flagged values; then how many samples it draws, and what grey and lines mean."""
    unknown = cloud.unknown_depths(quality)
    parts = [
        _share_drawn(cloud.points, cloud.pairs, "good samples"),
        _share_drawn(cloud.flagged_points, cloud.flagged, "flagged ones") if quality == "all" else "",
        f"Grey: depth unknown ({number_text(unknown)})" if unknown else "",
        "Lines: potential density anomaly σ₀ (TEOS-10), kg m⁻³" if cloud.has_density else "",
    ]
    return [line for line in (legend(cloud.flagged, quality, "hollow points"), " · ".join(filter(None, parts))) if line]


def _share_drawn(drawn: int, total: int, what: str) -> str:
    return f"{number_text(drawn)} of {number_text(total)} {what} drawn" if drawn < total else ""


def number_text(number: int) -> str:
    """`12 345`: thousands with a thin space."""
    return f"{number:,}".replace(",", "\u202f")


def mission_label(mission: Mission, owner: Platform | None) -> str:
    """A mission's name in pictures: `SEA077 Smilla M17 20221208T1145`; its id without the record of its platform."""
    names = dict.fromkeys((owner.serial, owner.name or owner.serial) if owner else (mission.platform,))
    return " ".join((*names, mission_number.named(mission.mission, mission.operator_number)))


def _processing(shown: Section | Cloud, mission: Mission) -> str:
    """How the values were processed: the mission's data mode, or `raw values` for those that it has adjusted, too."""
    own = (shown.temperature_variable, shown.salinity_variable) if isinstance(shown, Cloud) else (shown.variable,)
    names = {variable.name for variable in mission.variables}
    is_raw = any(name + ADJUSTED in names for name in own)
    return "raw values" if is_raw else _MODES.get(mission.data_mode, mission.data_mode)


def title(label: str, shown: Section | Cloud, mission: Mission) -> str:
    """The title of a picture of a section or of a T-S diagram. label: that of the mission."""
    name = "T-S diagram" if isinstance(shown, Cloud) else variable_label(shown.variable)
    when = days(mission.figures.start_at, mission.figures.end_at)
    return f"{label} · {name} · {when} · {_processing(shown, mission)} · Halocline"


def name_and_unit(name: str, unit: str | None) -> str:
    """`Temperature (°C)`, or the name alone."""
    symbol = unit_shown(unit)
    return f"{name} ({symbol})" if symbol else name
