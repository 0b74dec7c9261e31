"""The filters of missions, declared once: for pages, API, map, exports, facets, indexes and the page cache."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from app.domain.records import MODE_RANK, Kind
from app.domain.times import day_or_moment
from app.errors import Invalid

# Longer than any name, short enough for a URL.
MAX_TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of 1 to MAX_TEXT_LENGTH characters, in lower case if asked for."""

    lower: bool = False

    def __call__(self, text: str) -> str:
        if not 1 <= len(text) <= MAX_TEXT_LENGTH or "\0" in text:
            raise ValueError(f"must be text of 1 to {MAX_TEXT_LENGTH} characters")
        return text.lower() if self.lower else text


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these texts."""

    values: tuple[str, ...]

    def __call__(self, text: str) -> str:
        if text not in self.values:
            *others, last = self.values
            raise ValueError(f"must be {', '.join(others)} or {last}" if others else f"must be {last}")
        return text


@dataclass(frozen=True, slots=True)
class Year:
    """A year in a range that no mission leaves."""

    first: int = 1970
    last: int = 2200

    def __call__(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) == 4 and self.first <= int(text) <= self.last):
            raise ValueError(f"must be a year from {self.first} to {self.last}, such as 2022")
        return int(text)


@dataclass(frozen=True, slots=True)
class Moment:
    """A UTC date or time; with `whole_day` a bare date means its end."""

    whole_day: bool = False

    def __call__(self, text: str) -> datetime:
        return day_or_moment(text, whole_day=self.whole_day)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a URL. `read` converts its text, and raises ValueError that states what is allowed."""

    name: str
    read: Text | OneOf | Year | Moment
    description: str


@dataclass(frozen=True, slots=True)
class Filter(Parameter):
    """A parameter that `field` of a mission's document must equal; `is_list` if a mission has several values."""

    field: str
    is_list: bool = False


# In the order of the form on the pages.
FILTERS = (
    Filter("platform", Text(lower=True), "Platform id, such as `smilla77`.", "platform"),
    Filter("kind", OneOf(get_args(Kind)), "Kind of platform.", "kind"),
    Filter(
        "basin", Text(), "Id of a basin, as in `/basins`: missions with profiles in it or its parts.", "basins.id", True
    ),
    Filter("project", Text(), "Project, spelt exactly as in the missions.", "metadata.project"),
    Filter(
        "data_mode", OneOf(tuple(MODE_RANK)), "`R` real time, `P` provisional, `A` adjusted, `D` delayed.", "data_mode"
    ),
    Filter("year", Year(), "UTC year in which the mission has data.", "years", True),
    Filter("variable", Text(), "A measured variable, such as `temperature`.", "variables.name", True),
)
FROM = Parameter("from", Moment(), "Only missions with data at or after this time; UTC unless a zone is given.")
TO = Parameter(
    "to", Moment(whole_day=True), "Only missions with data before this time; a bare date includes that whole day."
)
ACTIVE = Parameter(
    "active", OneOf(("now",)), "`now`: only missions with data in the active window (the last 24 hours)."
)
# The state of reporting of a platform is another property; the name stays accepted.
FORMER_ACTIVE = Parameter("reporting", OneOf(("now",)), "Deprecated: the former name of `active`.")
SIMULATED = Parameter("simulated", OneOf(("include",)), "`include` adds simulated data, which are left out by default.")
# All parameters that select missions.
PARAMETERS: tuple[Parameter, ...] = (*FILTERS, FROM, TO, ACTIVE, FORMER_ACTIVE, SIMULATED)


@dataclass(frozen=True, slots=True)
class Selection:
    """The missions to list: `filters` by name, and the span in which they have data."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    simulated: bool = False

    @property
    def span(self) -> dict[str, Any]:
        """All but the filters, as `queries.missions.page` and `count` take it."""
        return {"since": self.since, "until": self.until, "simulated": self.simulated}


def is_active(values: Mapping[str, Any]) -> bool:
    """True if these values select missions with data in the active window."""
    return ACTIVE.name in values or FORMER_ACTIVE.name in values


def selection(values: Mapping[str, Any], active_since: datetime | None = None) -> Selection:
    """The selection by values that have been read, keyed by parameter. Raises Invalid("to").

    `active_since` is the begin of the active window if the values select active missions.
    """
    since, until = values.get(FROM.name), values.get(TO.name)
    if since and until and until <= since:
        raise Invalid(TO.name, "must be later than from")
    if active_since is not None:
        since = max(since or active_since, active_since)
    filters = {each.name: values[each.name] for each in FILTERS if each.name in values}
    return Selection(filters, since, until, SIMULATED.name in values)


def valid(parameter: Parameter, text: str) -> Any:
    """The value of a parameter's text. Raises Invalid that names the parameter."""
    try:
        return parameter.read(text)
    except ValueError as error:
        raise Invalid(parameter.name, str(error)) from error
