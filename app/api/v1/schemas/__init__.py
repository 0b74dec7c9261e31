"""Pydantic models of the API resources; OpenAPI is generated from them. `Model.of(record)` builds a resource."""

from app.api.v1.schemas.basins import Basin, BasinPage
from app.api.v1.schemas.missions import DataWarning, Mission, MissionPage, Profile, ProfilePage
from app.api.v1.schemas.platforms import Platform, PlatformPage
from app.api.v1.schemas.problems import Problem
from app.api.v1.schemas.totals import Stats, StatsRow, Sums, Totals
from app.api.v1.schemas.types import Box, DataMode, Next, Resource, Time, iso_ms

__all__ = [
    "Basin",
    "BasinPage",
    "Box",
    "DataMode",
    "DataWarning",
    "Mission",
    "MissionPage",
    "Next",
    "Platform",
    "PlatformPage",
    "Problem",
    "Profile",
    "ProfilePage",
    "Resource",
    "Stats",
    "StatsRow",
    "Sums",
    "Time",
    "Totals",
    "iso_ms",
]
