"""T-S diagrams as arrays: models, filled from compressed columns."""

from typing import Any, Self

from pydantic import Field

from app.api.v1 import links
from app.api.v1.arrays import column, rounded
from app.api.v1.schemas import Resource
from app.domain.quality_flags import Quality
from app.domain.sections import Cloud

_MEASURED = ("salinity", "temperature", "depth_m")


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
    def of(cls, cloud: Cloud) -> Self | None:
        """The stored grid; None if units are unknown, or if an earlier release stored the diagram."""
        if "sigma0" not in cloud.packed:
            return None
        salinity, temperature = (list(column(cloud.packed[f"density_{axis}"])) for axis in ("salinity", "temperature"))
        sigma0, columns = rounded(column(cloud.packed["sigma0"]), 4), len(salinity)
        return cls.model_construct(
            longitude=cloud.lon_deg,
            latitude=cloud.lat_deg,
            salinity=rounded(salinity, 6),
            temperature=rounded(temperature, 6),
            sigma0=[sigma0[first : first + columns] for first in range(0, len(sigma0), columns)],
        )


class FlaggedPoints(Resource):
    """Samples of which the salinity or the temperature is flagged as bad, thinned evenly."""

    count: int = Field(description="Number of these samples in the arrays.")
    salinity: list[float]
    temperature: list[float]
    depth_m: list[float | None]
    profile: list[int]


class TsDiagram(Resource):
    """The points of a T-S diagram: samples with salinity and temperature, thinned evenly."""

    platform: str
    mission: str
    version: str
    salinity_variable: str = Field(description="Variable of the salinities: adjusted values if any are good.")
    temperature_variable: str = Field(description="Variable of the temperatures; both are adjusted, or both are raw.")
    salinity_unit: str | None
    temperature_unit: str | None
    pairs: int = Field(description="Number of samples with good salinity and temperature.")
    count: int = Field(description="Number of these samples in the arrays.")
    salinity: list[float]
    temperature: list[float]
    depth_m: list[float | None]
    profile: list[int]
    flagged: int = Field(description="Number of samples of which the salinity or the temperature is flagged as bad.")
    flagged_points: FlaggedPoints | None = Field(description="These samples, with `quality=all`; null without any.")
    density: DensityGrid | None = Field(
        description="Density over the axes; null if a unit is unknown, or until an older diagram has been rebuilt."
    )
    links: dict[str, str]

    @classmethod
    def of(cls, cloud: Cloud, quality: Quality) -> Self:
        values: dict[str, Any] = {name: rounded(column(cloud.packed[name]), 4) for name in _MEASURED}
        return cls.model_construct(
            platform=cloud.platform,
            mission=cloud.mission,
            version=cloud.version,
            salinity_variable=cloud.salinity_variable,
            temperature_variable=cloud.temperature_variable,
            salinity_unit=cloud.salinity_unit,
            temperature_unit=cloud.temperature_unit,
            pairs=cloud.pairs,
            count=cloud.points,
            **values,
            profile=list(column(cloud.packed["profile"])),
            flagged=cloud.flagged,
            flagged_points=_flagged_points(cloud) if quality == "all" else None,
            density=DensityGrid.of(cloud),
            links=links.ts(cloud.platform, cloud.mission),
        )


def _flagged_points(cloud: Cloud) -> FlaggedPoints | None:
    if "flagged_salinity" not in cloud.packed:
        return None
    values: dict[str, Any] = {name: rounded(column(cloud.packed[f"flagged_{name}"]), 4) for name in _MEASURED}
    profile = list(column(cloud.packed["flagged_profile"]))
    return FlaggedPoints.model_construct(count=len(profile), **values, profile=profile)
