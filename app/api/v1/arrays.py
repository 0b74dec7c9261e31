"""Sections, T-S points and single profiles as arrays: the models, and filling them from compressed columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Literal, Self

from pydantic import Field

from app.api.v1 import csv_text, links
from app.api.v1.schemas import Resource, Time, iso_ms
from app.domain import sections
from app.domain.columns import decoded
from app.domain.records import Mission, Profile
from app.domain.times import from_ms
from app.queries.profiles import Samples

ColourMap = Literal["thermal", "haline", "dense", "oxy", "algae", "turbid", "matter", "balance"]
# Digits beyond what any of our instruments resolves only make an answer longer.
_DIGITS = 7


class SectionLinks(Resource):
    """Where the section is."""

    self: str
    csv: str
    png_light: str
    png_dark: str
    html: str


class SectionFigures(Resource):
    """A variable over time and depth (`section`), or over time alone (`series`), in numbers."""

    variable: str
    kind: Literal["section", "series"]
    unit: str | None
    standard_name: str | None
    long_name: str | None
    colour_map: ColourMap = Field(description="A map of cmocean's.")
    limits: tuple[float, float] = Field(
        description="Where the colours end: percentiles 1 and 99. Values outside have the colours of the ends."
    )
    range: tuple[float, float] = Field(description="The least and the greatest value of all.")
    count: int = Field(description="How many measured values went in.")
    columns: int
    rows: int
    profiles_each: int = Field(description="A column is the mean of at most so many profiles in a row; 0 in a series.")
    bin_m: float = Field(description="Height of a row, m; 0 in a series.")
    bottom_m: float = Field(description="Lower edge of the deepest row, m.")
    start_at: Time
    end_at: Time
    links: SectionLinks


class SectionList(Resource):
    """The variables of a mission that have a section, the most interesting first."""

    platform: str
    mission: str
    version: str | None = Field(description="The version of the mission they were made of; null when there are none.")
    items: list[SectionFigures]
    ts: str | None = Field(description="Where the points of the T-S diagram are; null when it has none.")


class Section(SectionFigures):
    """A section or series as arrays. `values[row][column]`; null where nothing was measured."""

    platform: str
    mission: str
    version: str
    time: list[Time] = Field(description="Mean mid time of each column's profiles.")
    time_from: list[Time] = Field(description="Where each column begins; not where the one before ends: a gap.")
    time_to: list[Time] = Field(description="Where each column ends.")
    profile: list[int] = Field(description="Number of each column's first profile; empty in a series.")
    profiles: list[int] = Field(description="How many profiles each column is the mean of; empty in a series.")
    depth_m: list[float] = Field(description="Middle of each row; empty in a series.")
    depth_edges_m: list[float] = Field(description="Edges of the rows, one more than rows; empty in a series.")
    values: list[list[float | None]] = Field(description="Means; a series has one row.")
    low: list[float | None] | None = Field(description="Least value in each column of a series, else null.")
    high: list[float | None] | None = Field(description="Greatest value in each column of a series, else null.")


class Cloud(Resource):
    """Salinity and temperature of samples that have both, thinned evenly: a T-S diagram."""

    platform: str
    mission: str
    version: str
    salinity_unit: str | None
    temperature_unit: str | None
    pairs: int = Field(description="How many samples have both.")
    count: int = Field(description="How many of them are here.")
    salinity: list[float]
    temperature: list[float]
    depth_m: list[float | None]
    profile: list[int]
    links: dict[str, str]

    @classmethod
    def of(cls, cloud: sections.Cloud) -> Self:
        values: dict[str, Any] = {
            name: rounded(_column(cloud.packed[name]), 4) for name in ("salinity", "temperature", "depth_m")
        }
        return cls.model_construct(
            platform=cloud.platform,
            mission=cloud.mission,
            version=cloud.version,
            salinity_unit=cloud.salinity_unit,
            temperature_unit=cloud.temperature_unit,
            pairs=cloud.pairs,
            count=cloud.points,
            **values,
            profile=list(_column(cloud.packed["profile"])),
            links=links.ts(cloud.platform, cloud.mission),
        )


class ProfileColumn(Resource):
    """One variable of a profile."""

    unit: str | None
    values: list[float | None]


class ProfileSamples(Resource):
    """One profile's samples as arrays of the same length, in time order."""

    platform: str
    mission: str
    version: str
    number: int
    start_at: Time
    end_at: Time
    direction: Literal["down", "up"] | None
    samples: int = Field(description="How many samples the profile has.")
    count: int = Field(description="How many of them are here: each `step`-th.")
    step: int
    time: list[Time | None]
    depth_m: list[float | None]
    columns: dict[str, ProfileColumn] = Field(description="By variable.")

    @classmethod
    def of(cls, mission: Mission, profile: Profile, samples: Samples) -> Self:
        times = [_moment(time_ms) for time_ms in samples.columns.get("time", ())]
        measured = {
            variable.name: ProfileColumn.model_construct(
                unit=variable.unit, values=_short(samples.columns[variable.name])
            )
            for variable in mission.variables
            if variable.name in samples.columns
        }
        return cls.model_construct(
            platform=mission.platform,
            mission=mission.mission,
            version=mission.version,
            number=profile.number,
            start_at=profile.start_at,
            end_at=profile.end_at,
            direction=profile.direction,
            samples=profile.samples,
            count=len(times),
            step=samples.step,
            time=times,
            depth_m=_short(samples.columns.get("depth", ())),
            columns=measured,
        )


def figures(section: sections.Section) -> dict[str, Any]:
    """The members of `SectionFigures`."""
    same = [name for name in SectionFigures.model_fields if name not in ("range", "count", "links", "limits")]
    return {
        **{name: getattr(section, name) for name in same},
        "limits": tuple(round(limit, section.decimals + 1) for limit in section.limits),
        "range": tuple(round(limit, section.decimals + 1) for limit in section.span),
        "count": section.samples,
        "links": SectionLinks(**links.section(section.platform, section.mission, section.variable)),
    }


def whole(section: sections.Section) -> Section:
    """The section with its cells."""
    packed, decimals = section.packed, section.decimals
    of_profiles = section.kind == "section"
    cells = rounded(_column(packed["values"]), decimals)
    edges = [round(row * section.bin_m, 3) for row in range(section.rows + 1)] if of_profiles else []
    times: dict[str, Any] = {
        name: [from_ms(ms) for ms in _column(packed[key])]
        for name, key in (("time", "mid_ms"), ("time_from", "from_ms"), ("time_to", "to_ms"))
    }
    return Section.model_construct(
        **figures(section),
        **times,
        platform=section.platform,
        mission=section.mission,
        version=section.version,
        profile=list(_column(packed["profile"])) if of_profiles else [],
        profiles=list(_column(packed["profiles"])) if of_profiles else [],
        depth_m=[round(edge + section.bin_m / 2, 3) for edge in edges[:-1]],
        depth_edges_m=edges,
        values=[cells[first : first + section.columns] for first in range(0, len(cells), section.columns)],
        low=None if of_profiles else rounded(_column(packed["low"]), decimals),
        high=None if of_profiles else rounded(_column(packed["high"]), decimals),
    )


def rows(section: Section) -> Iterator[str]:
    """The section as CSV, a line for each cell with a value; of a series, a line for each time."""
    name = f"{section.variable} ({section.unit})" if section.unit else section.variable
    if section.kind == "series":
        yield ",".join(["time (UTC)", csv_text.text_cell(name), "low", "high"]) + "\r\n"
        for at, *values in zip(section.time, section.values[0], section.low or (), section.high or (), strict=True):
            yield ",".join([iso_ms(at), *("" if value is None else repr(value) for value in values)]) + "\r\n"
        return
    yield ",".join(["time (UTC)", "profile", "depth (m)", csv_text.text_cell(name)]) + "\r\n"
    for column, (at, number) in enumerate(zip(section.time, section.profile, strict=True)):
        start = f"{iso_ms(at)},{number},"
        filled = zip(section.depth_m, section.values, strict=True)
        yield "".join(
            f"{start}{depth_m:g},{cells[column]!r}\r\n" for depth_m, cells in filled if cells[column] is not None
        )


def rounded(values: Iterable[float], decimals: int) -> list[float | None]:
    """The values with so many decimals; None for what is no finite number."""
    return [round(value, decimals) if isfinite(value) else None for value in values]


def _short(values: Sequence[float]) -> list[float | None]:
    """The values with as many digits as single precision has."""
    return [float(f"{value:.{_DIGITS}g}") if isfinite(value) else None for value in values]


def _column(packed: Mapping[str, Any]) -> Sequence[Any]:
    return decoded(packed["data"], packed["dtype"])


def _moment(time_ms: int) -> Any:
    try:
        return from_ms(time_ms)
    except OverflowError:  # A clock gone mad: the sample is kept, its time is in no calendar.
        return None
