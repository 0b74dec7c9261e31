"""Missions and their profiles."""

from typing import Any, Literal, Self

from pydantic import Field

from app.api.v1 import links
from app.api.v1.schemas.types import Box, DataMode, Next, Resource, Time
from app.domain import records
from app.domain.quality_flags import FlagCounts


class BasinShare(Resource):
    """The share (0 to 1) of a mission's profiles with a position that lie in a basin."""

    id: str
    name: str
    share: float = Field(ge=0, le=1)


class DataWarning(Resource):
    """A problem of the data, and the number of samples, profiles or attributes that have it."""

    code: str = Field(description="Stable code; the page `/data` explains each.")
    count: int


class Variable(Resource):
    """A measured variable in Halocline's vocabulary; `source_name` and `source_unit` are those of the file."""

    name: str
    unit: str | None
    standard_name: str | None
    long_name: str | None
    source_name: str | None
    source_unit: str | None


class VariableQuality(Resource):
    """The quality flags of a variable, or of a coordinate (`time`, `longitude`, `latitude`, `depth`)."""

    variable: str
    values: int = Field(description="Number of values that have a flag.")
    good: int = Field(description="Number of good ones: good, probably good, changed or interpolated.")
    left_out: int = Field(
        description="Number of bad, probably bad or missing ones: figures, sections and `quality=good` leave them out."
    )
    flags: dict[str, int] = Field(description="Number of values by flag, without zeros.")

    @classmethod
    def of(cls, counts: FlagCounts) -> Self:
        return cls(
            variable=counts.variable,
            values=counts.values,
            good=counts.good,
            left_out=counts.left_out,
            flags=dict(counts.counts),
        )


class Source(Resource):
    """The file of the current version."""

    file_name: str
    sha256: str
    size_bytes: int
    format: str
    scope: Literal["mission", "profiles"] = Field(description="Whether the file holds a whole mission or profiles.")
    imported_at: Time
    modified_at: Time | None


class Figures(Resource):
    """The figures of a mission, computed from its data."""

    samples: int = Field(description="Number of rows with a valid time.")
    profiles: int = Field(description="Number of distinct profiles; not the highest profile number.")
    distance_m: float | None = Field(
        description="Sum of WGS 84 geodesics between consecutive profile positions, m; null if these are unknown."
    )
    max_depth_m: float | None = Field(description="Greatest depth, m; depths above the surface count as 0.")
    vertical_m: float = Field(description="Sum of the greatest depths of all profiles, m.")
    start_at: Time = Field(description="First valid time.")
    end_at: Time = Field(description="Last valid time.")
    bbox: Box | None


class EarlierVersion(Figures):
    """A replaced version with its figures."""

    version: str
    data_mode: DataMode
    replaced_at: Time
    file_name: str


class MissionLinks(Resource):
    """Links to related resources, and to the mission's page (`html`)."""

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
    """The identity and the version of a mission."""

    platform: str
    mission: str
    version: str = Field(description="Changes whenever the data of the mission are replaced.")
    data_mode: DataMode = Field(description="R real time, P provisional, A adjusted, D delayed.")
    simulated: bool
    kind: Literal["glider", "sailbuoy"]


class YearShare(Resource):
    """The part of a mission that falls within one UTC year.

    Time at sea is divided at the turn of the year. A profile belongs to the year of its mid time.
    """

    year: int
    time_at_sea_s: float
    profiles: int
    samples: int
    distance_m: float | None
    vertical_m: float


class Mission(Figures, Identity):
    """A mission in its current version."""

    by_year: list[YearShare] = Field(description="The part of the mission in each UTC year.")
    basins: list[BasinShare] = Field(description="The smallest basins around the profiles, largest share first.")
    larger_basins: list[BasinShare] = Field(description="The basins that contain these, smallest first.")
    warnings: list[DataWarning]
    variables: list[Variable]
    quality: list[VariableQuality] = Field(description="Quality flags of the variables that have some.")
    metadata: dict[str, Any] = Field(description="Attributes of the file that describe the mission, renamed.")
    declared: dict[str, Any] = Field(
        description="Time span, bounding box and depth as the attributes of the file declare them; may be wrong."
    )
    source: Source
    earlier_versions: list[EarlierVersion] = Field(description="Replaced versions.")
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
            by_year=_by_year(mission),
            basins=[BasinShare(id=each.id, name=each.name, share=each.own) for each in mission.smallest_basins],
            larger_basins=[BasinShare.model_validate(share) for share in mission.larger_basins],
            warnings=[DataWarning.model_validate(finding) for finding in mission.warnings],
            variables=[Variable.model_validate(variable) for variable in mission.variables],
            quality=[VariableQuality.of(counts) for counts in mission.flags],
            metadata=mission.metadata,
            declared=mission.declared,
            source=Source.model_validate(mission.source),
            earlier_versions=[_earlier(version) for version in mission.earlier],
            links=MissionLinks(**links.mission(mission.platform, mission.mission)),
        )


def _by_year(mission: records.Mission) -> list[YearShare]:
    years = [YearShare.model_validate(share) for share in mission.by_year]
    is_known = mission.figures.known_distance_m is not None
    return years if is_known else [year.model_copy(update={"distance_m": None}) for year in years]


def _figures(figures: records.Figures) -> dict[str, Any]:
    values = {name: getattr(figures, name) for name in Figures.model_fields}
    return {**values, "distance_m": figures.known_distance_m}


def _earlier(version: records.EarlierVersion) -> EarlierVersion:
    return EarlierVersion(
        **_figures(version.figures),
        version=version.version,
        data_mode=version.data_mode,
        replaced_at=version.replaced_at,
        file_name=version.file_name,
    )


class MissionPage(Resource):
    """A page of missions; newest data first unless `sort` is given."""

    items: list[Mission]
    next: Next


class Profile(Resource):
    """One profile. If `flagged`, its position is implausible: the profile is counted, but not on the track."""

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


class ProfilePage(Resource):
    """A page of a mission's profiles in time order, all of one version of the mission."""

    version: str
    items: list[Profile]
    next: Next
