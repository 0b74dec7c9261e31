"""Types that all resources share: times, bounding boxes, cursors, and the base class."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

DataMode = Literal["R", "P", "A", "D"]


def iso_ms(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_TIME_SCHEMA: Any = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
Time = Annotated[datetime, PlainSerializer(iso_ms, return_type=str), WithJsonSchema(_TIME_SCHEMA)]
Box = Annotated[
    tuple[float, float, float, float],
    Field(description="West, south, east, north in degrees (WGS 84); west > east if the box crosses 180 degrees."),
]
Next = Annotated[str | None, Field(description="Cursor of the next page; null on the last page.")]


class Resource(BaseModel):
    """A body, or a part of one, with no other members than the declared ones."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)
