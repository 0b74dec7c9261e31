"""Filters, order and span of time in the URL of a page."""

from dataclasses import dataclass
from typing import get_args

from flask import request

from app.domain import mission_filters
from app.domain.mission_filters import OneOf, Parameter, Selection
from app.errors import Moved
from app.queries import former_ids, reporting
from app.queries.missions import Sort

_SORT = Parameter("sort", OneOf(get_args(Sort)), "The order of the list.")


@dataclass(frozen=True, slots=True)
class Choice:
    """The missions that a visitor selects. `given` holds the parameters as they are in the URL."""

    selection: Selection
    sort: Sort
    given: dict[str, str]


def missions() -> Choice:
    """The choice in this request's URL. Raises Invalid for a wrong parameter, and Moved for a former platform."""
    parameters = {each.name: each for each in (*mission_filters.PARAMETERS, _SORT)}
    given = {name: text for name in parameters if (text := _text(name))}
    asked = {name: mission_filters.valid(parameters[name], text) for name, text in given.items()}
    values = former_ids.resolved(asked)
    if values.get("platform") != asked.get("platform"):
        raise Moved(values["platform"])
    if "basin" in values:
        given["basin"] = values["basin"]
    if mission_filters.FORMER_ACTIVE.name in given:
        given[mission_filters.ACTIVE.name] = given.pop(mission_filters.FORMER_ACTIVE.name)
    since = reporting.since() if mission_filters.is_active(values) else None
    return Choice(mission_filters.selection(values, since), values.get("sort", "newest"), given)


def simulated() -> bool:
    """True if this page shows simulated missions, too. Raises Invalid."""
    text = _text(mission_filters.SIMULATED.name)
    return bool(text and mission_filters.valid(mission_filters.SIMULATED, text))


def _text(name: str) -> str:
    return request.args.get(name, "").strip()
