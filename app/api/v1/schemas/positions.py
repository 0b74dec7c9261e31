"""Positions that senders report: the body of a webhook, and the response to it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, WithJsonSchema

from app.api.v1.schemas.platforms import PlatformPosition
from app.api.v1.schemas.types import Resource, Time

# A fleet of a hundred gliders in one webhook; a sender with more positions sends several.
MOST_POSITIONS = 100
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_TIME_SCHEMA: Any = {"type": "string", "format": "date-time", "examples": ["2026-06-01T12:00:00Z"]}


def _with_offset(text: object) -> datetime:
    """The time, aware UTC, in whole milliseconds, as the store holds it. Raises ValueError."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError("must be an ISO 8601 time with its offset, such as 2026-06-01T12:00:00Z")
    try:
        at = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("names a time that does not exist") from error
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class Position(BaseModel):
    """A position of a platform. Names by the CF conventions; degrees on WGS 84."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    platform: str = Field(min_length=1, max_length=80, description="Its id, serial or WMO id.")
    time: Annotated[datetime, BeforeValidator(_with_offset), WithJsonSchema(_TIME_SCHEMA)] = Field(
        description="When the platform was there: at most 30 days ago, and at most 5 minutes in the future."
    )
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Degrees north.")
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Degrees east.")
    # Positions by the Doppler shift of Iridium or Argos are wrong by kilometres; half the globe is no position.
    accuracy_m: float | None = Field(
        None, ge=0, le=1_000_000, allow_inf_nan=False, description="Radius of uncertainty, m; leave it out if unknown."
    )


class Positions(RootModel[Position | Annotated[list[Position], Field(min_length=1, max_length=MOST_POSITIONS)]]):
    """One position, or a list of at most 100."""


class PositionResult(Resource):
    """What became of a position."""

    platform: str = Field(description="The present id of the platform.")
    time: Time
    outcome: Literal["newest", "earlier", "unchanged"] = Field(
        description="`newest`: the newest reported position of its platform now. `earlier`: stored, and a newer one is "
        "known. `unchanged`: a position of this platform and time was stored before and stays."
    )


class PositionReceipt(Resource):
    """The result of a webhook. A repeated webhook has the result of the first one, and no second effect."""

    positions: list[PositionResult] = Field(description="In the order of the request.")


class ReportedPositions(Resource):
    """Reported positions of a platform after its last data, the newest first."""

    items: list[PlatformPosition]
