"""Filters, order and span of time in the URL of a page."""

from dataclasses import dataclass
from typing import get_args

from flask import request

from app.domain import mission_filters
from app.domain.mission_filters import OneOf, Parameter, Selection
from app.queries import basins, reporting
from app.queries.missions import Sort

_SORT = Parameter("sort", OneOf(get_args(Sort)), "The order of the list.")


@dataclass(frozen=True, slots=True)
class Choice:
    """The missions that a visitor selects. `given` holds the parameters as they are in the URL."""

    selection: Selection
    sort: Sort
    given: dict[str, str]


def missions() -> Choice:
    """The choice in this request's URL. Raises Invalid that names the wrong parameter."""
    parameters = {each.name: each for each in (*mission_filters.PARAMETERS, _SORT)}
    given = {name: text for name in parameters if (text := _text(name))}
    values = basins.resolved({name: mission_filters.valid(parameters[name], text) for name, text in given.items()})
    if "basin" in values:
        given["basin"] = values["basin"]
    since = reporting.since() if mission_filters.REPORTING.name in values else None
    return Choice(mission_filters.selection(values, since), values.get("sort", "newest"), given)


def simulated() -> bool:
    """True if this page shows simulated missions, too. Raises Invalid."""
    text = _text(mission_filters.SIMULATED.name)
    return bool(text and mission_filters.valid(mission_filters.SIMULATED, text))


def _text(name: str) -> str:
    return request.args.get(name, "").strip()
