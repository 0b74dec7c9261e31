"""What a visitor chooses in the address of a page: filters, order, span of time, whether simulated missions show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from flask import request

from app.domain.records import MODE_RANK, Kind, Mission
from app.domain.times import day_or_moment
from app.errors import Invalid
from app.queries.missions import Sort

# Longer than any name, short enough for an address.
_LONGEST = 200
# As choices.html has it: of a filter with more values none is listed, so none needs its name.
MOST_LISTED = 300


@dataclass(frozen=True, slots=True)
class Choice:
    """The missions a visitor asks for. `given` holds what was chosen, as it stands in the address."""

    filters: dict[str, Any]
    since: datetime | None
    until: datetime | None
    simulated: bool
    sort: Sort
    given: dict[str, str]

    @property
    def span(self) -> dict[str, Any]:
        """The rest of what `queries.missions.page` and `count` take to select missions."""
        return {"since": self.since, "until": self.until, "simulated": self.simulated}


def missions() -> Choice:
    """The choice in this request's address. Raises Invalid, naming what makes no sense in it."""
    given = {name: value for name in _READ if (value := request.args.get(name, "").strip())}
    read = {name: _valid(name, value) for name, value in given.items()}
    since, until = read.pop("from", None), read.pop("to", None)
    if since and until and until <= since:
        raise Invalid("to", "must be later than from")
    sort = read.pop("sort", "newest")
    return Choice(read, since, until, bool(read.pop("simulated", False)), sort, given)


def simulated() -> bool:
    """Whether this page shall show simulated missions, too. Raises Invalid."""
    value = request.args.get("simulated", "").strip()
    return bool(value and _valid("simulated", value))


def word(value: str) -> str:
    """The text itself. Raises ValueError when no name looks like it."""
    if len(value) > _LONGEST or "\0" in value:
        raise ValueError(f"must be at most {_LONGEST} characters of text")
    return value


def _valid(name: str, value: str) -> Any:
    try:
        return _READ[name](value)
    except ValueError as error:
        raise Invalid(name, str(error)) from error


def _one_of(*names: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in names:
            raise ValueError(f"must be {', '.join(names[:-1])} or {names[-1]}" if names[1:] else f"must be {names[0]}")
        return value

    return read


def _year(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) == 4):
        raise ValueError("must be a year such as 2022")
    return int(value)


# Everything that selects missions, in the order of the form, and how it is read.
_READ: dict[str, Callable[[str], Any]] = {
    "platform": lambda value: word(value).lower(),
    "kind": _one_of(*get_args(Kind)),
    "basin": word,
    "project": word,
    "data_mode": _one_of(*MODE_RANK),
    "year": _year,
    "variable": word,
    "from": day_or_moment,
    "to": lambda value: day_or_moment(value, whole_day=True),
    "sort": _one_of(*get_args(Sort)),
    "simulated": _one_of("include"),
}


def platforms(found: Sequence[Mission], facets: Mapping[str, Sequence[Any]], chosen: Mapping[str, str]) -> list[str]:
    """The platforms that a page of missions calls by their names: those of its rows and of its filter."""
    listed = facets["platform"] if len(facets["platform"]) <= MOST_LISTED else ()
    asked = (chosen["platform"],) if "platform" in chosen else ()
    return sorted({mission.platform for mission in found} | {*listed, *asked})
