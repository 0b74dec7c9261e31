"""Sections and series as arrays: models, filled from compressed columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Literal

from pydantic import Field

from app.api.v1 import csv_text, links
from app.api.v1.schemas import Resource, Time, iso_ms
from app.domain import sections
from app.domain.columns import decoded
from app.domain.quality_flags import Quality
from app.domain.times import from_ms

ColourMap = Literal["thermal", "haline", "dense", "oxy", "algae", "turbid", "matter", "balance"]


class SectionLinks(Resource):
    """Links to the section as JSON, CSV and pictures, and to its figure on the mission's page (`html`)."""

    self: str
    csv: str
    png_light: str
    png_dark: str
    png_2x: str
    png_4x: str
    svg: str
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
    range: tuple[float, float] = Field(description="Minimum and maximum of all good values.")
    count: int = Field(description="Number of good values.")
    flagged: int = Field(
        description="Number of values that the file flags as bad, probably bad or missing; `quality=all` includes them."
    )
    along_m: float | None = Field(
        description="Length of the track from the first to the last column, m; null if no positions give a distance."
    )
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
    distance_m: list[float] | None = Field(
        description="Distance along the track of the middle of each column, m, interpolated between positions; "
        "null if no positions give a distance."
    )
    distance_from_m: list[float] | None = Field(description="The same of the begin of each column.")
    distance_to_m: list[float] | None = Field(description="The same of the end of each column.")
    profile: list[int] = Field(description="Number of the first profile of each column; empty for a series.")
    profiles: list[int] = Field(description="Number of profiles in the mean of each column; empty for a series.")
    depth_m: list[float] = Field(description="Middle of each row; empty for a series.")
    depth_edges_m: list[float] = Field(
        description="Edges of the rows, one more than there are rows; empty for a series."
    )
    values: list[list[float | None]] = Field(description="Means by row and column; a series has one row.")
    low: list[float | None] | None = Field(description="Minimum of each column of a series; null for a section.")
    high: list[float | None] | None = Field(description="Maximum of each column of a series; null for a section.")
    flagged_cells: list[tuple[int, int]] = Field(
        description="Row and column of each cell that has flagged values only, with `quality=all`."
    )


def figures(section: sections.Section) -> dict[str, Any]:
    """The members of `SectionFigures` by name."""
    other = ("range", "count", "links", "limits", "profiles_per_column", "along_m")
    same = [name for name in SectionFigures.model_fields if name not in other]
    return {
        **{name: getattr(section, name) for name in same},
        "along_m": None if section.along_m is None else round(section.along_m, 1),
        "profiles_per_column": section.profiles_each,
        "limits": tuple(round(limit, section.decimals + 1) for limit in section.limits),
        "range": tuple(round(limit, section.decimals + 1) for limit in section.span),
        "count": section.samples,
        "links": SectionLinks(**links.section(section.platform, section.mission, section.variable)),
    }


def with_cells(section: sections.Section, quality: Quality = "good") -> Section:
    """The section with the arrays of its cells, of good or of all values."""
    packed, decimals = section.packed, section.decimals
    is_section = section.kind == "section"
    names = column_names(section, quality)
    cells = rounded(column(packed[names["values"]]), decimals)
    edges = [round(row * section.bin_m, 3) for row in range(section.rows + 1)] if is_section else []
    times: dict[str, Any] = {
        name: [from_ms(ms) for ms in column(packed[key])]
        for name, key in (("time", "mid_ms"), ("time_from", "from_ms"), ("time_to", "to_ms"))
    }
    places: dict[str, Any] = {
        name: rounded(column(packed[key]), 1) if key in packed else None
        for name, key in (("distance_m", "mid_m"), ("distance_from_m", "from_m"), ("distance_to_m", "to_m"))
    }
    return Section.model_construct(
        **figures(section),
        **times,
        **places,
        platform=section.platform,
        mission=section.mission,
        version=section.version,
        profile=list(column(packed["profile"])) if is_section else [],
        profiles=list(column(packed["profiles"])) if is_section else [],
        depth_m=[round(edge + section.bin_m / 2, 3) for edge in edges[:-1]],
        depth_edges_m=edges,
        values=[cells[first : first + section.columns] for first in range(0, len(cells), section.columns)],
        low=None if is_section else rounded(column(packed[names["low"]]), decimals),
        high=None if is_section else rounded(column(packed[names["high"]]), decimals),
        flagged_cells=[divmod(cell, section.columns) for cell in flagged_cells(section, quality)],
    )


def column_names(section: sections.Section, quality: Quality) -> dict[str, str]:
    """The stored columns of means and envelopes; without flagged values, good ones are all."""
    is_every = quality == "all" and "every" in section.packed
    stored = ("every", "every_low", "every_high") if is_every else ("values", "low", "high")
    return dict(zip(("values", "low", "high"), stored, strict=True))


def flagged_cells(section: sections.Section, quality: Quality) -> list[int]:
    """The indexes of the cells, row by row, that have a mean of all values and none of good ones."""
    if quality == "good" or "every" not in section.packed:
        return []
    both = zip(column(section.packed["values"]), column(section.packed["every"]), strict=True)
    return [cell for cell, (good, every) in enumerate(both) if not isfinite(good) and isfinite(every)]


def rows(section: Section) -> Iterator[str]:
    """The lines of the section as CSV: one for each cell with a value, or for each time of a series."""
    name = f"{section.variable} ({section.unit})" if section.unit else section.variable
    if section.kind == "series":
        yield ",".join(["time (UTC)", csv_text.text_cell(name), "low", "high"]) + "\r\n"
        for at, *values in zip(section.time, section.values[0], section.low or (), section.high or (), strict=True):
            yield ",".join([iso_ms(at), *("" if value is None else repr(value) for value in values)]) + "\r\n"
        return
    yield ",".join(["time (UTC)", "profile", "depth (m)", csv_text.text_cell(name)]) + "\r\n"
    for index, (at, number) in enumerate(zip(section.time, section.profile, strict=True)):
        lead = f"{iso_ms(at)},{number},"
        cells_by_depth = zip(section.depth_m, section.values, strict=True)
        yield "".join(
            f"{lead}{depth_m:g},{cells[index]!r}\r\n" for depth_m, cells in cells_by_depth if cells[index] is not None
        )


def rounded(values: Iterable[float], decimals: int) -> list[Any]:
    """The values rounded to these decimals; None for NaN and infinities."""
    return [round(value, decimals) if isfinite(value) else None for value in values]


def column(packed: Mapping[str, Any]) -> Sequence[Any]:
    """The values of a stored column."""
    return decoded(packed["data"], packed["dtype"])
