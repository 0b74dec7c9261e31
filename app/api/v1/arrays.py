"""Sections, T-S diagrams and single profiles as arrays: models, filled from compressed columns."""

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
# Significant digits of single precision: more than any instrument resolves.
_DIGITS = 7


class SectionLinks(Resource):
    """Links to the section as JSON, CSV and pictures, and to its figure on the mission's page (`html`)."""

    self: str
    csv: str
    png_light: str
    png_dark: str
    html: str


class SectionFigures(Resource):
    """The figures of a variable over time and depth (`section`), or over time only (`series`)."""

    variable: str
    kind: Literal["section", "series"]
    unit: str | None
    standard_name: str | None
    long_name: str | None
    colour_map: ColourMap = Field(description="Name of a colour map of cmocean.")
    limits: tuple[float, float] = Field(
        description="Limits of the colour scale: percentiles 1 and 99. Values beyond have the colours of the limits."
    )
    range: tuple[float, float] = Field(description="Minimum and maximum of all values.")
    count: int = Field(description="Number of measured values.")
    columns: int
    rows: int
    profiles_per_column: int = Field(
        description="Maximum number of consecutive profiles in the mean of a column; 0 for a series."
    )
    bin_m: float = Field(description="Height of a row, m; 0 for a series.")
    bottom_m: float = Field(description="Lower edge of the deepest row, m.")
    start_at: Time
    end_at: Time
    links: SectionLinks


class SectionList(Resource):
    """The variables of a mission that have a section, most interesting first."""

    platform: str
    mission: str
    version: str | None = Field(
        description="Version of the mission of which the sections were made; null without sections."
    )
    items: list[SectionFigures]
    ts: str | None = Field(description="Link to the points of the T-S diagram; null if the mission has none.")


class Section(SectionFigures):
    """A section or series as arrays. `values[row][column]` is null without measured values."""

    platform: str
    mission: str
    version: str
    time: list[Time] = Field(description="Mean of the mid times of the profiles of each column.")
    time_from: list[Time] = Field(
        description="Begin of each column; later than the end of the previous column if there is a gap."
    )
    time_to: list[Time] = Field(description="End of each column.")
    profile: list[int] = Field(description="Number of the first profile of each column; empty for a series.")
    profiles: list[int] = Field(description="Number of profiles in the mean of each column; empty for a series.")
    depth_m: list[float] = Field(description="Middle of each row; empty for a series.")
    depth_edges_m: list[float] = Field(
        description="Edges of the rows, one more than there are rows; empty for a series."
    )
    values: list[list[float | None]] = Field(description="Means by row and column; a series has one row.")
    low: list[float | None] | None = Field(description="Minimum of each column of a series; null for a section.")
    high: list[float | None] | None = Field(description="Maximum of each column of a series; null for a section.")


class DensityGrid(Resource):
    """Potential density anomaly (sigma-0) by TEOS-10 over the axes of a T-S diagram, for lines of equal density.

    Computed for practical salinity and potential temperature at the sea surface, with the sea salt of one position.
    """

    longitude: float | None = Field(description="Mean longitude of the profiles, degrees east; null if unknown.")
    latitude: float | None = Field(description="Mean latitude of the profiles, degrees north; null if unknown.")
    salinity: list[float] = Field(description="Practical salinity of the columns, in equal steps.")
    temperature: list[float] = Field(description="Temperature of the rows, degrees Celsius, in equal steps.")
    sigma0: list[list[float]] = Field(description="Potential density at 0 dbar less 1000, kg m-3: rows of columns.")

    @classmethod
    def of(cls, cloud: sections.Cloud) -> Self | None:
        """The stored grid; None if units are unknown, or if an earlier release stored the diagram."""
        if "sigma0" not in cloud.packed:
            return None
        salinity, temperature = (list(_column(cloud.packed[f"density_{axis}"])) for axis in ("salinity", "temperature"))
        sigma0, columns = rounded(_column(cloud.packed["sigma0"]), 4), len(salinity)
        return cls.model_construct(
            longitude=cloud.lon_deg,
            latitude=cloud.lat_deg,
            salinity=rounded(salinity, 6),
            temperature=rounded(temperature, 6),
            sigma0=[sigma0[first : first + columns] for first in range(0, len(sigma0), columns)],
        )


class TsDiagram(Resource):
    """The points of a T-S diagram: samples with salinity and temperature, thinned evenly."""

    platform: str
    mission: str
    version: str
    salinity_unit: str | None
    temperature_unit: str | None
    pairs: int = Field(description="Number of samples with salinity and temperature.")
    count: int = Field(description="Number of these samples in the arrays.")
    salinity: list[float]
    temperature: list[float]
    depth_m: list[float | None]
    profile: list[int]
    density: DensityGrid | None = Field(
        description="Density over the axes; null if a unit is unknown, or until an older diagram has been rebuilt."
    )
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
            density=DensityGrid.of(cloud),
            links=links.ts(cloud.platform, cloud.mission),
        )


class ProfileColumn(Resource):
    """One variable of a profile."""

    unit: str | None
    values: list[float | None]
    flags: list[int] | None = Field(description="Quality flags with `quality=all`; null without flags.")


class ProfileSamples(Resource):
    """The samples of one profile as arrays of equal length, in time order."""

    platform: str
    mission: str
    version: str
    number: int
    start_at: Time
    end_at: Time
    direction: Literal["down", "up"] | None
    samples: int = Field(description="Number of samples of the profile.")
    count: int = Field(description="Number of samples in the arrays: every `step`-th of the profile.")
    step: int
    time: list[Time | None]
    depth_m: list[float | None]
    columns: dict[str, ProfileColumn] = Field(description="Values by variable.")
    coordinate_flags: dict[str, list[int]] = Field(
        description="Quality flags of `time`, `longitude`, `latitude` and `depth` with `quality=all`."
    )

    @classmethod
    def of(cls, mission: Mission, profile: Profile, samples: Samples) -> Self:
        times = [_valid_time(time_ms) for time_ms in samples.columns.get("time", ())]
        measured = {
            variable.name: ProfileColumn.model_construct(
                unit=variable.unit,
                values=_significant(samples.columns[variable.name]),
                flags=list(samples.flags[variable.name]) if variable.name in samples.flags else None,
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
            depth_m=_significant(samples.columns.get("depth", ())),
            columns=measured,
            coordinate_flags={
                name: list(samples.flags[name])
                for name in ("time", "longitude", "latitude", "depth")
                if name in samples.flags
            },
        )


def figures(section: sections.Section) -> dict[str, Any]:
    """The members of `SectionFigures` by name."""
    other = ("range", "count", "links", "limits", "profiles_per_column")
    same = [name for name in SectionFigures.model_fields if name not in other]
    return {
        **{name: getattr(section, name) for name in same},
        "profiles_per_column": section.profiles_each,
        "limits": tuple(round(limit, section.decimals + 1) for limit in section.limits),
        "range": tuple(round(limit, section.decimals + 1) for limit in section.span),
        "count": section.samples,
        "links": SectionLinks(**links.section(section.platform, section.mission, section.variable)),
    }


def with_cells(section: sections.Section) -> Section:
    """The section with the arrays of its cells."""
    packed, decimals = section.packed, section.decimals
    is_section = section.kind == "section"
    cells = rounded(_column(packed["values"]), decimals)
    edges = [round(row * section.bin_m, 3) for row in range(section.rows + 1)] if is_section else []
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
        profile=list(_column(packed["profile"])) if is_section else [],
        profiles=list(_column(packed["profiles"])) if is_section else [],
        depth_m=[round(edge + section.bin_m / 2, 3) for edge in edges[:-1]],
        depth_edges_m=edges,
        values=[cells[first : first + section.columns] for first in range(0, len(cells), section.columns)],
        low=None if is_section else rounded(_column(packed["low"]), decimals),
        high=None if is_section else rounded(_column(packed["high"]), decimals),
    )


def rows(section: Section) -> Iterator[str]:
    """The lines of the section as CSV: one for each cell with a value, or for each time of a series."""
    name = f"{section.variable} ({section.unit})" if section.unit else section.variable
    if section.kind == "series":
        yield ",".join(["time (UTC)", csv_text.text_cell(name), "low", "high"]) + "\r\n"
        for at, *values in zip(section.time, section.values[0], section.low or (), section.high or (), strict=True):
            yield ",".join([iso_ms(at), *("" if value is None else repr(value) for value in values)]) + "\r\n"
        return
    yield ",".join(["time (UTC)", "profile", "depth (m)", csv_text.text_cell(name)]) + "\r\n"
    for column, (at, number) in enumerate(zip(section.time, section.profile, strict=True)):
        lead = f"{iso_ms(at)},{number},"
        cells_by_depth = zip(section.depth_m, section.values, strict=True)
        yield "".join(
            f"{lead}{depth_m:g},{cells[column]!r}\r\n" for depth_m, cells in cells_by_depth if cells[column] is not None
        )


def rounded(values: Iterable[float], decimals: int) -> list[float | None]:
    """The values rounded to these decimals; None for NaN and infinities."""
    return [round(value, decimals) if isfinite(value) else None for value in values]


def _significant(values: Sequence[float]) -> list[float | None]:
    """The values with the significant digits of single precision; None for NaN and infinities."""
    return [float(f"{value:.{_DIGITS}g}") if isfinite(value) else None for value in values]


def _column(packed: Mapping[str, Any]) -> Sequence[Any]:
    return decoded(packed["data"], packed["dtype"])


def _valid_time(time_ms: int) -> Any:
    try:
        return from_ms(time_ms)
    except OverflowError:  # A faulty clock: the sample stays, but its time is beyond every calendar.
        return None
