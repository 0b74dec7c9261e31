"""Query parameters of the endpoints, validated strictly: an unknown, repeated or wrong one is refused by name."""

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, create_model

from app.domain import mission_filters
from app.domain.mission_filters import MAX_TEXT_LENGTH, Moment, OneOf, Parameter, Selection, Text, Year
from app.domain.quality_flags import Quality
from app.domain.records import Bbox, Mission
from app.domain.times import day_or_moment
from app.errors import Invalid
from app.queries import former_ids, missions, reporting
from app.queries.cursors import Page as Listed
from app.queries.missions import Sort
from app.queries.tracks import Detail

# Long enough for a screen, short enough that a request does not make a worker hold a whole collection.
MAX_LIMIT = 200
_PROBLEMS = {
    "extra_forbidden": "is not a parameter of this endpoint",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of reasonable size",
    "int_from_float": "must be a whole number",
}

_MOMENT_SCHEMA: Any = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
Since = Annotated[datetime, BeforeValidator(day_or_moment), WithJsonSchema(_MOMENT_SCHEMA)]
Word = Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)]
Cursor = Annotated[
    Word | None, Field(max_length=600, description="`next` of the previous page; leave it out for the first page.")
]
Simulated = Annotated[Literal["include"] | None, Field(description=mission_filters.SIMULATED.description)]


def _without_null(schema: dict[str, Any]) -> None:
    """Remove null from the schemas of optional parameters: pydantic adds it, but a query string cannot express it."""
    for parameter in schema.get("properties", {}).values():
        kinds = [kind for kind in parameter.pop("anyOf", []) if kind != {"type": "null"}]
        if len(kinds) == 1:
            parameter |= kinds[0]
            parameter.pop("default")


class Parameters(BaseModel):
    """The query parameters of an endpoint. This base class has none; subclasses add them."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_without_null)


class Page(Parameters):
    """The parameters of every list."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="Maximum number of items in a page.")
    cursor: Cursor = None


class WithQuality(Parameters):
    """Which values a response holds, by their quality flags."""

    quality: Quality = Field(
        "good",
        description="`good` leaves out the values that the file flags as bad, probably bad or missing: empty in CSV, "
        "NaN in NetCDF, null in JSON. `all` holds every value, and the quality flags beside the variables that have "
        "some (0 not evaluated, 1 good, 2 probably good, 3 probably bad, 4 bad, 5 changed, 6 unknown, 8 interpolated, "
        "9 missing). Missions without flags are the same in both.",
    )


class SelectingMissions(Parameters):
    """Query parameters that select missions; `_selecting` adds the declared ones."""

    def selection(self) -> Selection:
        """The filters and the time span of the request. Raises Invalid("to") unless `to` is later than `from`."""
        values = former_ids.resolved(self.model_dump(by_alias=True, exclude_none=True))
        return mission_filters.selection(values, reporting.since() if mission_filters.is_active(values) else None)


def _selecting(*declared: Parameter) -> type[SelectingMissions]:
    """A model that takes these parameters, all of them optional."""
    # `from` is a Python keyword. Therefore every member ends in an underscore, and its alias is the parameter's name.
    members: Any = {
        f"{each.name}_": (_type(each) | None, Field(None, alias=each.name, description=each.description))
        for each in declared
    }
    return create_model("SelectingMissions", __base__=SelectingMissions, **members)


def _type(declared: Parameter) -> Any:
    """The type of a declared parameter. Its `read` validates; the other parts describe it in the OpenAPI document."""
    checked = BeforeValidator(declared.read)
    match declared.read:
        case OneOf(values):
            return Annotated[Literal[values], checked]
        case Year(first, last):
            return Annotated[int, Field(ge=first, le=last), checked]
        case Moment():
            return Annotated[datetime, checked, WithJsonSchema(_MOMENT_SCHEMA)]
        case Text():
            return Annotated[Word, checked]


if TYPE_CHECKING:  # Type checkers do not accept the result of a call as a base class.
    _SelectingByAll = SelectingMissions
    _SelectingObserved = SelectingMissions
else:
    _SelectingByAll = _selecting(*mission_filters.PARAMETERS)
    _SelectingObserved = _selecting(
        *(each for each in mission_filters.PARAMETERS if each.name in ("platform", "basin", "variable", "simulated"))
    )


class MissionFilters(_SelectingByAll):
    """Filters of missions; a mission must match all that are given."""


class ObservedMissions(_SelectingObserved):
    """Filters of missions with recent observations; a mission must match all that are given."""


def _box(text: object) -> Bbox:
    """The box west, south, east, north of `W,S,E,N` in degrees. Raises ValueError."""
    try:
        west, south, east, north = (float(side) for side in str(text).split(","))
    except ValueError:
        raise ValueError("must be four numbers: west, south, east, north") from None
    if not all(isfinite(side) for side in (west, south, east, north)):
        raise ValueError("must be four numbers: west, south, east, north")
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("west and east must be between -180 and 180")
    if not -90 <= south <= north <= 90:
        raise ValueError("south and north must be between -90 and 90, and south must not exceed north")
    return west, south, east, north


_BOX_SCHEMA: Any = {"type": "string", "pattern": r"^[^,]+,[^,]+,[^,]+,[^,]+$", "examples": ["10,53,30,66"]}


class MissionList(MissionFilters, Page):
    """A page of the missions that match all given filters."""

    wmo_id: Word | None = Field(None, description="WMO id of the platform, such as `6801666`.")
    bbox: Annotated[Bbox, BeforeValidator(_box), WithJsonSchema(_BOX_SCHEMA)] | None = Field(
        None,
        description="`west,south,east,north` in degrees: only missions whose bounding box intersects this one. "
        "West is greater than east if the box crosses 180 degrees.",
    )
    sort: Sort = Field(
        "newest",
        description="Order of the list. First is the mission whose data end last (`newest`) or earliest (`oldest`), or "
        "the one with the longest time at sea (`longest`), the longest distance (`farthest`), the greatest depth "
        "(`deepest`) or the most profiles (`profiles`).",
    )

    def page(self) -> Listed[Mission]:
        """The page of missions that the parameters select. Raises Invalid("cursor") and that of `selection`."""
        selection = self.selection()
        return missions.page(
            selection.filters,
            self.limit,
            self.cursor,
            sort=self.sort,
            within=self.bbox,
            wmo_id=self.wmo_id,
            **selection.span,
        )


class TrackList(MissionList):
    """A page of the tracks of missions that match all given filters."""

    detail: Detail = Field(
        "fine",
        description="Maximum error of the simplified lines: `fine` 0.002 degrees, `medium` 0.02, "
        "or `coarse` 0.1 for maps of the whole world.",
    )


P = TypeVar("P", bound=Parameters)


def read(model: type[P]) -> P:
    """The query parameters of this request. Raises Invalid that names the first wrong one."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Invalid(_shortened(name), "is given more than once")
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        message = _PROBLEMS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise Invalid(_shortened(str(first["loc"][0])), message.replace("Input should", "should")) from error


def _shortened(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:60]}…"
