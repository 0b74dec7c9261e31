"""Attributes of a file that its data contradict, as texts for the mission page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain import declared_figures
from app.domain.records import Figures
from app.views import template_filters


@dataclass(frozen=True, slots=True)
class Difference:
    """An attribute, its value in the file, and the value computed from the data."""

    attribute: str
    declared: str
    computed: str


def differing(declared: Mapping[str, Any], figures: Figures) -> list[Difference]:
    """The declared attributes that the data contradict, in the order span, box, depth."""
    return [
        Difference(each.attribute, str(each.declared), _text(each.attribute, each.computed))
        for each in declared_figures.contradictions(declared, figures)
    ]


def _text(attribute: str, computed: datetime | float) -> str:
    if isinstance(computed, datetime):
        return template_filters.utc(computed)
    if attribute == "geospatial_vertical_max":
        return f"{computed:.2f}{template_filters.THIN}m"
    return f"{computed:.4f}°"
