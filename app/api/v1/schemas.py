"""Resources as the API shows them: the models are the documentation, and `of` fills them from records."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from app.api.v1 import links
from app.domain import records
from app.queries.platforms import Status
from app.queries.statistics import Row

DataMode = Literal["R", "P", "A", "D"]


def iso_ms(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_TIME_SCHEMA: Any = {"type": "string", "format": "date-time", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
Time = Annotated[datetime, PlainSerializer(iso_ms, return_type=str), WithJsonSchema(_TIME_SCHEMA)]
Box = Annotated[
    tuple[float, float, float, float],
    Field(description="West, south, east, north in degrees (WGS 84); west > east when the box crosses 180."),
]


class Resource(BaseModel):
    """Something with names of its own and no others."""

    model_config = ConfigDict(extra="forbid", from_attributes=True, frozen=True)


class BasinShare(Resource):
    """The share (0..1) of a mission's positioned profiles that lie in a basin."""

    id: str
    name: str
    share: float = Field(ge=0, le=1)


class Warning(Resource):  # noqa: A001 -- The name that readers of the document see.
    """What was found to be off, and in how many samples, profiles or attributes."""

    code: str
    count: int


class Variable(Resource):
    """A measured variable in Halocline's vocabulary; `source_*` is what the file said."""

    name: str
    unit: str | None
    standard_name: str | None
    long_name: str | None
    source_name: str | None
    source_unit: str | None


class Source(Resource):
    """The file that the current version came from."""

    file_name: str
    sha256: str
    size_bytes: int
    format: str
    scope: Literal["mission", "profiles"]
    imported_at: Time
    modified_at: Time | None


class Figures(Resource):
    """A mission in numbers."""

    samples: int = Field(description="Rows with a valid time.")
    profiles: int = Field(description="Distinct profiles, counted, never the highest number.")
    distance_m: float = Field(description="Sum of WGS 84 geodesics between consecutive profile positions, m.")
    max_depth_m: float | None = Field(description="Largest depth, clipped at 0, m.")
    vertical_m: float = Field(description="Sum of the profiles' largest depths, m.")
    start_at: Time = Field(description="First valid time.")
    end_at: Time = Field(description="Last valid time.")
    bbox: Box | None


class Earlier(Figures):
    """A version that was replaced, with its figures."""

    version: str
    data_mode: DataMode
    replaced_at: Time
    file_name: str


class MissionLinks(Resource):
    """Where the rest is."""

    self: str
    html: str
    platform: str
    track: str
    profiles: str
    sections: str
    data: str
    netcdf: str
    kml: str


class Identity(Resource):
    """Which mission, and which of its versions."""

    platform: str
    mission: str
    version: str = Field(description="Changes when other data replace the mission's.")
    data_mode: DataMode = Field(description="R real time, P provisional, A adjusted, D delayed.")
    simulated: bool
    kind: Literal["glider", "sailbuoy"]


class YearShare(Resource):
    """What of a mission falls into a UTC year: its time by overlap, the rest by the mid time of each profile."""

    year: int
    time_at_sea_s: float
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float


class Mission(Figures, Identity):
    """One mission as it stands."""

    by_year: list[YearShare] = Field(description="What of it falls into each year.")
    basins: list[BasinShare] = Field(description="Largest share first.")
    warnings: list[Warning]
    variables: list[Variable]
    metadata: dict[str, Any] = Field(description="What the file says of the mission, under Halocline's names.")
    declared: dict[str, Any] = Field(description="What the file's attributes claim of span, box and depth.")
    source: Source
    earlier: list[Earlier]
    links: MissionLinks

    @classmethod
    def of(cls, mission: records.Mission) -> Self:
        return cls(
            **_figures(mission.figures),
            platform=mission.platform,
            mission=mission.mission,
            version=mission.version,
            data_mode=mission.data_mode,
            simulated=mission.simulated,
            kind=mission.kind,
            by_year=[YearShare.model_validate(share) for share in mission.by_year],
            basins=[BasinShare.model_validate(share) for share in mission.basins],
            warnings=[Warning.model_validate(finding) for finding in mission.warnings],
            variables=[Variable.model_validate(variable) for variable in mission.variables],
            metadata=mission.metadata,
            declared=mission.declared,
            source=Source.model_validate(mission.source),
            earlier=[_earlier(version) for version in mission.earlier],
            links=MissionLinks(**links.mission(mission.platform, mission.mission)),
        )


def _figures(figures: records.Figures) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in Figures.model_fields}


def _earlier(version: records.EarlierVersion) -> Earlier:
    return Earlier(
        **_figures(version.figures),
        version=version.version,
        data_mode=version.data_mode,
        replaced_at=version.replaced_at,
        file_name=version.file_name,
    )


class PlatformLinks(Resource):
    """Where the rest is."""

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
    status: Status = Field(description="As of now, in OceanOPS' words, told from the age of the newest data.")
    last_seen_at: Time = Field(description="The newest valid time in its data.")
    last_mission: str
    missions: int
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float
    time_at_sea_s: float
    simulated: bool
    links: PlatformLinks

    @classmethod
    def of(cls, platform: records.Platform, status: Status) -> Self:
        own = {name: getattr(platform, name) for name in cls.model_fields if name not in ("links", "status")}
        where = links.platform(platform.platform) | {"html": links.platform_page(platform.serial)}
        return cls(**own, status=status, links=PlatformLinks(**where))


class Profile(Resource):
    """One profile; a flagged one counts, but its position is not drawn."""

    number: int
    start_at: Time
    mid_at: Time
    end_at: Time
    lon_deg: float | None
    lat_deg: float | None
    max_depth_m: float
    direction: Literal["down", "up"] | None
    samples: int
    data_mode: DataMode
    flagged: bool


class Sums(Resource):
    """Sums over a scope. `last_data_at` and `computed_at` are null while nothing is stored.

    A mission that went on beyond a year counts up to the turn of it: then `last_data_at` of the year is that moment.
    """

    scope: str = Field(
        description="`fleet`, `year:2022`, `basin:SEA-007`, `year_basin:2022/SEA-007` or `platform:smilla77`."
    )
    missions: int
    platforms: int
    profiles: int
    samples: int
    distance_m: float
    vertical_m: float
    time_at_sea_s: float
    last_data_at: Time | None
    computed_at: Time | None

    @classmethod
    def of(cls, totals: records.Totals) -> Self:
        own = {name: getattr(totals, name) for name in cls.model_fields}
        # An empty store has sums, but no moment at which anything was summed up.
        return cls(**own | {"computed_at": totals.computed_at if totals.computed_at.year > 1970 else None})


class StatsRow(Sums):
    """The sums of one year, basin, platform, or basin in a year."""

    key: str = Field(description="The year, the id of the basin or platform, or both as `2022/SEA-007`.")
    name: str = Field(description="What people call it: a basin's name, a platform's serial.")
    year: int | None = Field(description="The UTC year; null where the row is no year.")
    basin: str | None = Field(description="The id of the basin; null where the row is no basin.")
    under_way_s: float | None = Field(
        description="Time of the year in which at least one mission was under way, s; null where the row is no year."
    )
    elapsed_s: float | None = Field(description="How much of the year has gone by, s; null where the row is no year.")
    uptime_percent: float | None = Field(description="100 times `under_way_s` / `elapsed_s`: 0 to 100.", ge=0, le=100)
    mean_at_sea: float | None = Field(description="`time_at_sea_s` / `elapsed_s`: missions under way on average.")

    @classmethod
    def row(cls, row: Row) -> Self:
        names = ("key", "name", "year", "basin", "elapsed_s", "uptime_percent", "mean_at_sea")
        own: dict[str, Any] = {name: getattr(row, name) for name in names}
        return cls(**Sums.of(row.totals).model_dump(), **own, under_way_s=row.totals.under_way_s)


class Stats(Resource):
    """Every year, basin, platform, or basin in a year that has data, in the order of their keys."""

    by: Literal["year", "basin", "platform", "year_basin"]
    items: list[StatsRow]


class Totals(Resource):
    """Sums over the fleet, and over each year and basin that has data."""

    fleet: Sums
    years: list[Sums]
    basins: list[Sums]


class BasinLinks(Resource):
    """Where the rest is."""

    self: str
    html: str
    missions: str


class Basin(Resource):
    """A named sea area; `totals` is null while no mission has been there."""

    id: str
    name: str
    bbox: Box
    source: str | None
    totals: Sums | None
    links: BasinLinks

    @classmethod
    def of(cls, basin: records.Basin, totals: records.Totals | None) -> Self:
        return cls(
            id=basin.id,
            name=basin.name,
            bbox=basin.bbox,
            source=basin.source,
            totals=Sums.of(totals) if totals else None,
            links=BasinLinks(**links.basin(basin.id)),
        )


Next = Annotated[str | None, Field(description="Cursor of the next page; null on the last.")]


class MissionPage(Resource):
    """A page of missions, newest data first."""

    items: list[Mission]
    next: Next


class PlatformPage(Resource):
    """A page of platforms in the order of their ids."""

    items: list[Platform]
    next: Next


class ProfilePage(Resource):
    """A page of a mission's profiles in time order, all of one version of the mission."""

    version: str
    items: list[Profile]
    next: Next


class BasinPage(Resource):
    """A page of basins in the order of their ids."""

    items: list[Basin]
    next: Next


class WrongField(Resource):
    """A parameter and what is wrong with it."""

    field: str
    problem: str


class Problem(Resource):
    """What went wrong (RFC 9457). `errors` names the parameters that are off."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[WrongField] | None = None
