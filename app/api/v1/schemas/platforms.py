"""Platforms."""

from typing import Any, Literal, Self

from pydantic import Field

from app.api.v1 import links
from app.api.v1.schemas.types import Next, Resource, Time
from app.domain import records
from app.domain.last_position import LastPosition
from app.domain.reporting import Origin, State
from app.queries.platforms import Status


class PlatformLinks(Resource):
    """Links to related resources, and to the platform's page (`html`)."""

    self: str
    html: str
    missions: str


class PlatformPosition(Resource):
    """The last position of a platform: of its data, or one that was reported without data and is newer."""

    at: Time
    lon_deg: float
    lat_deg: float
    source: Literal["data", "report"] = Field(
        description="`data`: from the profiles or fixes of its last mission. `report`: reported without data; no "
        "figure and no track includes it."
    )
    accuracy_m: float | None = Field(
        description="Radius of uncertainty that the sender of a reported position states, m; null if it states none."
    )

    @classmethod
    def of(cls, position: LastPosition) -> Self:
        return cls(
            at=position.at,
            lon_deg=position.lon_deg,
            lat_deg=position.lat_deg,
            source="report" if position.is_reported else "data",
            accuracy_m=position.accuracy_m,
        )


class Platform(Resource):
    """A glider or sailbuoy and the totals of its missions."""

    platform: str
    serial: str = Field(description="Its label: the serial number, or the id if the operator gives none.")
    kind: Literal["glider", "sailbuoy"]
    name: str | None
    model: str | None
    wmo_id: str | None
    operator: str | None
    status: Status = Field(description="Present status in terms of OceanOPS, by the age of the newest data.")
    reporting_state: State | None = Field(
        description="Whether it reports as often as usual: `on_time`, `late` or `silent`, by its own interval; null if "
        "its last mission is over."
    )
    reporting_interval_s: float = Field(description="Usual time between its reports at sea, s.")
    reporting_interval_origin: Origin = Field(
        description="`learned` from the reports of its last mission, `set` by the operator, or the `default`."
    )
    last_seen_at: Time = Field(description="Last valid time in its data.")
    last_mission: str
    last_position: PlatformPosition | None = Field(description="Its last position; null if it has no valid one.")
    missions: int
    profiles: int
    samples: int
    distance_m: float | None = Field(description="Sum of the known distances, m; null if none is known.")
    vertical_m: float
    time_at_sea_s: float
    simulated: bool
    links: PlatformLinks

    @classmethod
    def of(cls, platform: records.Platform, status: Status, state: State | None, position: LastPosition | None) -> Self:
        last_position = None if position is None else PlatformPosition.of(position)
        computed: dict[str, Any] = {"status": status, "reporting_state": state, "last_position": last_position}
        own = {name: getattr(platform, name) for name in cls.model_fields.keys() - {"links", *computed}}
        return cls(**own, **computed, links=PlatformLinks(**links.platform(platform.platform, platform.serial)))


class PlatformPage(Resource):
    """A page of platforms by id."""

    items: list[Platform]
    next: Next
