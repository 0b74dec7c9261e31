"""What a file says of itself beside what its data say, where the two differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain import times
from app.domain.records import Figures
from app.views import template_filters

# Summaries are written with a second or a hundredth of a degree less than the data.
_TIME_TOLERANCE_S = 60.0
_POSITION_TOLERANCE_DEG = 0.01
_DEPTH_TOLERANCE_M = 1.0


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute, its value in the file, and what the data give."""

    attribute: str
    declared: str
    computed: str


def differing(declared: Mapping[str, Any], figures: Figures) -> list[Difference]:
    """The declared attributes that the data contradict, in the order span, box, depth."""
    found = [
        Difference(name, str(declared[name]), template_filters.utc(computed))
        for name, computed in (
            ("time_coverage_start", figures.start_at),
            ("time_coverage_end", figures.end_at),
        )
        if (said := times.parsed(declared.get(name))) is not None
        and abs((said - computed).total_seconds()) > _TIME_TOLERANCE_S
    ]
    west, south, east, north = figures.bbox or (None, None, None, None)
    numbers: tuple[tuple[str, float | None, float, str], ...] = (
        ("geospatial_lat_min", south, _POSITION_TOLERANCE_DEG, "°"),
        ("geospatial_lat_max", north, _POSITION_TOLERANCE_DEG, "°"),
        ("geospatial_lon_min", west, _POSITION_TOLERANCE_DEG, "°"),
        ("geospatial_lon_max", east, _POSITION_TOLERANCE_DEG, "°"),
        ("geospatial_vertical_max", figures.max_depth_m, _DEPTH_TOLERANCE_M, f"{template_filters.THIN}m"),
    )
    for name, value, tolerance, unit in numbers:
        said_number = _number(declared.get(name))
        if said_number is not None and value is not None and abs(said_number - value) > tolerance:
            found.append(
                Difference(name, str(declared[name]), f"{value:.4f}{unit}" if unit == "°" else f"{value:.2f}{unit}")
            )
    return found


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
