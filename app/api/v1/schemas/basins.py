"""Basins."""

from typing import Self

from pydantic import Field

from app.api.v1 import links
from app.api.v1.schemas.totals import Sums
from app.api.v1.schemas.types import Box, Next, Resource
from app.domain import records
from app.domain.totals import Totals


class BasinLinks(Resource):
    """Links to related resources, and to the basin's page (`html`)."""

    self: str
    html: str
    missions: str


class Basin(Resource):
    """A named sea area; `totals` is null if no mission has profiles in it or its parts."""

    id: str
    name: str
    bbox: Box
    source: str | None
    part_of: str | None = Field(description="Id of the basin that contains this one.")
    totals: Sums | None
    links: BasinLinks

    @classmethod
    def of(cls, basin: records.Basin, totals: Totals | None) -> Self:
        return cls(
            id=basin.id,
            name=basin.name,
            bbox=basin.bbox,
            source=basin.source,
            part_of=basin.part_of,
            totals=Sums.of(totals) if totals else None,
            links=BasinLinks(**links.basin(basin.id)),
        )


class BasinPage(Resource):
    """A page of basins by id."""

    items: list[Basin]
    next: Next
