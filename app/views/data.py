"""The page about the data: formats, how figures are computed, licence and downloads."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from flask import Blueprint, render_template

from app import portal
from app.domain.records import MODE_NAMES, MODE_RANK
from app.queries import missions
from app.queries.platforms import CLOSED_AFTER
from app.views import template_filters
from app.views.platforms import reporting_rule

bp = Blueprint("data", __name__)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured quantity: Halocline's name and unit, its names in files, its CF standard names."""

    name: str
    unit: str
    names: tuple[str, ...]
    standard_names: tuple[str, ...]


@bp.get("/data")
def index() -> str:
    """Formats, methods, data modes, warnings, licence, downloads. Other pages link to the anchor of each method."""
    settings = portal.current().settings
    recent = missions.recent(limit=1)
    return render_template(
        "data.html",
        vocabulary=vocabulary(),
        modes=sorted(MODE_NAMES.items(), key=lambda mode: -MODE_RANK[mode[0]]),
        window=template_filters.elapsed(settings.active_window_h),
        closed_after_d=CLOSED_AFTER.days,
        **reporting_rule(),
        earliest=settings.accept_from,
        example=recent[0] if recent else None,
    )


@cache
def vocabulary() -> list[Quantity]:
    """The vocabulary of the importer, by name, from its data file: a web worker must not load its libraries."""
    toml = files("app.ingest").joinpath("data/vocabulary.toml").read_text(encoding="utf-8")
    entries = sorted(tomllib.loads(toml).items())
    return [Quantity(name, e["unit"], tuple(e["names"]), tuple(e["standard_names"])) for name, e in entries]
