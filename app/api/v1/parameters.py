"""Query parameters of each endpoint, read strictly: what is unknown, repeated or off is refused by name."""

from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Literal, TypeVar

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from app.domain.records import Bbox
from app.domain.times import day_or_moment
from app.errors import Invalid
from app.queries.missions import Sort
from app.queries.tracks import Detail

# Long enough for a screen, short enough that no reader makes a worker hold a whole collection.
MAX_LIMIT = 200
_PROBLEMS = {
    "extra_forbidden": "is not a parameter of this endpoint",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number of reasonable size",
    "int_from_float": "must be a whole number",
}


def _since(text: object) -> datetime:
    return day_or_moment(text)


def _until(text: object) -> datetime:
    return day_or_moment(text, whole_day=True)


_MOMENT_SCHEMA: Any = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
Since = Annotated[datetime, BeforeValidator(_since), WithJsonSchema(_MOMENT_SCHEMA)]
Until = Annotated[datetime, BeforeValidator(_until), WithJsonSchema(_MOMENT_SCHEMA)]
Word = Annotated[str, Field(min_length=1, max_length=200)]


def _left_out_not_null(schema: dict[str, Any]) -> None:
    """A parameter may be left out; pydantic would document that as null, which no query string can say."""
    for parameter in schema.get("properties", {}).values():
        kinds = [kind for kind in parameter.pop("anyOf", []) if kind != {"type": "null"}]
        if len(kinds) == 1:
            parameter |= kinds[0]
            parameter.pop("default")


class Parameters(BaseModel):
    """An endpoint without query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_left_out_not_null)


class Page(Parameters):
    """What every list takes."""

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description="How many items a page holds.")
    cursor: Word | None = Field(
        None, max_length=600, description="`next` of the page before; leave out for the first page."
    )


class MissionFilters(Parameters):
    """Missions that match all the given filters."""

    platform: Word | None = Field(None, description="Platform id, such as `smilla77`.")
    kind: Literal["glider", "sailbuoy"] | None = Field(None, description="What kind of platform.")
    basin: Word | None = Field(None, description="Basin id, as `/basins` lists it.")
    data_mode: Literal["R", "P", "A", "D"] | None = Field(
        None, description="R real time, P provisional, A adjusted, D delayed."
    )
    project: Word | None = Field(None, description="Project, exactly as the missions name it.")
    year: int | None = Field(None, ge=1970, le=2200, description="A UTC year in which the mission has data.")
    variable: Word | None = Field(None, description="A measured variable, such as `temperature`.")
    since: Since | None = Field(
        None, alias="from", description="Missions with data at or after this time (UTC unless it says otherwise)."
    )
    until: Until | None = Field(
        None, alias="to", description="Missions with data before this time; a bare date includes that whole day."
    )

    simulated: Literal["include"] | None = Field(
        None, description="`include` adds simulated missions, which are left out otherwise."
    )

    def filters(self) -> dict[str, Any]:
        """The filters that were given, as `queries.missions.page` takes them. Raises Invalid("to")."""
        if self.since and self.until and self.until <= self.since:
            raise Invalid("to", "must be later than from")
        given = self.model_dump(
            include={"kind", "basin", "data_mode", "project", "year", "variable"}, exclude_none=True
        )
        return given | ({"platform": self.platform.lower()} if self.platform else {})

    def span(self) -> dict[str, Any]:
        """The rest of what `queries.missions.page` and `count` take to select missions."""
        return {"since": self.since, "until": self.until, "simulated": self.simulated is not None}


class MissionList(MissionFilters, Page):
    """A page of the missions that match all the given filters."""

    sort: Sort = Field(
        "newest",
        description="`newest` or `oldest` data first, or the `longest`, `farthest`, `deepest`, most `profiles`.",
    )


def _box(text: object) -> Bbox:
    """West, south, east, north of `W,S,E,N` in degrees. Raises ValueError."""
    try:
        west, south, east, north = (float(side) for side in str(text).split(","))
    except ValueError:
        raise ValueError("must be four numbers: west, south, east, north") from None
    if not all(isfinite(side) for side in (west, south, east, north)):
        raise ValueError("must be four numbers: west, south, east, north")
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise ValueError("west and east must lie from -180 to 180")
    if not -90 <= south <= north <= 90:
        raise ValueError("south and north must lie from -90 to 90, south first")
    return west, south, east, north


_BOX_SCHEMA: Any = {"type": "string", "pattern": r"^[^,]+,[^,]+,[^,]+,[^,]+$", "examples": ["10,53,30,66"]}


class TrackList(MissionList):
    """A page of the ways of missions that match all the given filters."""

    bbox: Annotated[Bbox, BeforeValidator(_box), WithJsonSchema(_BOX_SCHEMA)] | None = Field(
        None,
        description="`west,south,east,north` in degrees: missions whose box of positions meets this one. "
        "West is greater than east for a box across 180 degrees.",
    )
    detail: Detail = Field(
        "fine",
        description="How far lines may be off: `fine` 0.002 degrees, `medium` 0.02, `coarse` 0.1, for the whole world.",
    )


P = TypeVar("P", bound=Parameters)


def read(model: type[P]) -> P:
    """The query parameters of this request. Raises Invalid naming the first that is off."""
    for name, values in request.args.lists():
        if len(values) > 1:
            raise Invalid(_short(name), "is given more than once")
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        message = _PROBLEMS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise Invalid(_short(str(first["loc"][0])), message.replace("Input should", "should")) from error


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:60]}…"
