"""Figures that a file declares in its attributes, compared with the figures computed from its data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain import times
from app.domain.records import Figures

# Writers of attributes round: times to a minute, positions to a hundredth of a degree, depths to a metre.
_TIME_TOLERANCE_S = 60.0
_POSITION_TOLERANCE_DEG = 0.01
_DEPTH_TOLERANCE_M = 1.0


@dataclass(frozen=True, slots=True)
class Contradiction:
    """An attribute, its value in the file, and the value computed from the data (degrees, metres or a time)."""

    attribute: str
    declared: Any
    computed: datetime | float


def contradictions(declared: Mapping[str, Any], figures: Figures) -> list[Contradiction]:
    """The declared attributes that the data contradict, in the order span, box, depth."""
    return [*_of_span(declared, figures), *_of_numbers(declared, figures)]


def _of_span(declared: Mapping[str, Any], figures: Figures) -> list[Contradiction]:
    span = (("time_coverage_start", figures.start_at), ("time_coverage_end", figures.end_at))
    return [
        Contradiction(name, declared[name], computed)
        for name, computed in span
        if (declared_at := times.parsed(declared.get(name))) is not None
        and abs((declared_at - computed).total_seconds()) > _TIME_TOLERANCE_S
    ]


def _of_numbers(declared: Mapping[str, Any], figures: Figures) -> list[Contradiction]:
    west, south, east, north = figures.bbox or (None, None, None, None)
    numbers = (
        ("geospatial_lat_min", south, _POSITION_TOLERANCE_DEG),
        ("geospatial_lat_max", north, _POSITION_TOLERANCE_DEG),
        ("geospatial_lon_min", west, _POSITION_TOLERANCE_DEG),
        ("geospatial_lon_max", east, _POSITION_TOLERANCE_DEG),
        ("geospatial_vertical_max", figures.max_depth_m, _DEPTH_TOLERANCE_M),
    )
    return [
        Contradiction(name, declared[name], computed)
        for name, computed, tolerance in numbers
        if computed is not None
        and (value := _number(declared.get(name))) is not None
        and abs(value - computed) > tolerance
    ]


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
