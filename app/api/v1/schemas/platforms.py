"""Platforms."""

from typing import Any, Literal, Self

from pydantic import Field

from app.api.v1 import links
from app.api.v1.schemas.types import Next, Resource, Time
from app.domain import records
from app.domain.reporting import Origin, State
from app.queries.platforms import Status


class PlatformLinks(Resource):
    """Links to related resources, and to the platform's page (`html`)."""

    self: str
    html: str
    missions: str


class Platform(Resource):
    """A glider or sailbuoy and the totals of its missions."""

    platform: str
    serial: str
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
    missions: int
    profiles: int
    samples: int
    distance_m: float | None = Field(description="Sum of the known distances, m; null if none is known.")
    vertical_m: float
    time_at_sea_s: float
    simulated: bool
    links: PlatformLinks

    @classmethod
    def of(cls, platform: records.Platform, status: Status, state: State | None) -> Self:
        computed: dict[str, Any] = {"status": status, "reporting_state": state}
        own = {name: getattr(platform, name) for name in cls.model_fields.keys() - {"links", *computed}}
        return cls(**own, **computed, links=PlatformLinks(**links.platform(platform.platform, platform.serial)))


class PlatformPage(Resource):
    """A page of platforms by id."""

    items: list[Platform]
    next: Next
