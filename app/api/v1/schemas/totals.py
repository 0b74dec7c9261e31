"""Totals and statistics."""

from typing import Any, Literal, Self

from pydantic import Field

from app.api.v1.schemas.types import Resource, Time
from app.domain import totals
from app.queries.statistics import Row


class Sums(Resource):
    """Totals over a scope. `last_data_at` and `computed_at` are null while the store is empty.

    A mission that continues into the next year counts up to the turn of the year, which then is `last_data_at`.
    """

    scope: str = Field(
        description="`fleet`, `year:2022`, `basin:SEA-007`, `year_basin:2022/SEA-007` or `platform:smilla77`."
    )
    missions: int
    platforms: int
    profiles: int
    samples: int
    distance_m: float | None = Field(description="Sum of the known distances, m; null if none is known.")
    vertical_m: float
    time_at_sea_s: float
    last_data_at: Time | None
    computed_at: Time | None

    @classmethod
    def of(cls, totals: totals.Totals) -> Self:
        own = {name: getattr(totals, name) for name in cls.model_fields}
        # The totals of an empty store were never computed; their record has the year 1970.
        return cls(**own | {"computed_at": totals.computed_at if totals.computed_at.year > 1970 else None})


class Totals(Resource):
    """Totals over the fleet, and over each year and basin that has data."""

    fleet: Sums
    years: list[Sums]
    basins: list[Sums]


class StatsRow(Sums):
    """The totals of one year, basin, platform, or basin in a year."""

    key: str = Field(description="The year, the id of the basin or platform, or year and basin as `2022/SEA-007`.")
    name: str = Field(description="Display name: the name of a basin, the serial of a platform.")
    year: int | None = Field(description="UTC year; null if the row is not of a year.")
    basin: str | None = Field(description="Basin id; null if the row is not of a basin.")
    part_of: str | None = Field(description="Id of the basin that contains this one; its totals include this row.")
    under_way_s: float | None = Field(
        description="Time of the year with at least one mission under way, s; null if the row is not of a year."
    )
    elapsed_s: float | None = Field(
        description="Part of the year that has passed, s; null if the row is not of a year."
    )
    uptime_percent: float | None = Field(description="100 times `under_way_s` / `elapsed_s`: 0 to 100.", ge=0, le=100)
    mean_at_sea: float | None = Field(
        description="`time_at_sea_s` / `elapsed_s`: the average number of missions under way."
    )

    @classmethod
    def row(cls, row: Row) -> Self:
        names = ("key", "name", "year", "basin", "part_of", "elapsed_s", "uptime_percent", "mean_at_sea")
        own: dict[str, Any] = {name: getattr(row, name) for name in names}
        return cls(**Sums.of(row.totals).model_dump(), **own, under_way_s=row.totals.under_way_s)


class Stats(Resource):
    """Every year, basin, platform, or basin in a year that has data, by key."""

    by: Literal["year", "basin", "platform", "year_basin"]
    items: list[StatsRow]
