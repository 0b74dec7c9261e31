"""A single profile as arrays: its model, filled from compressed columns."""

from collections.abc import Sequence
from math import isfinite
from typing import Any, Literal, Self

from pydantic import Field

from app.api.v1.schemas import Resource, Time
from app.domain.records import Mission, Profile
from app.domain.times import from_ms
from app.queries.profiles import Samples

# Significant digits of single precision: more than any instrument resolves.
_DIGITS = 7


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


def _significant(values: Sequence[float]) -> list[float | None]:
    """The values with the significant digits of single precision; None for NaN and infinities."""
    return [float(f"{value:.{_DIGITS}g}") if isfinite(value) else None for value in values]


def _valid_time(time_ms: int) -> Any:
    try:
        return from_ms(time_ms)
    except OverflowError:  # A faulty clock: the sample stays, but its time is beyond every calendar.
        return None
