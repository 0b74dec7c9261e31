"""The aims, what was measured of them, and the bench that measures."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench import rounds
from bench.data import Stores

_AIMS = Path(__file__).with_name("aims.toml")


@dataclass(frozen=True, slots=True)
class Aim:
    """What is promised; `lost` is what would be a loss by an order of magnitude, None where nobody looks."""

    id: str
    what: str
    operator: Literal["<=", ">="]
    limit: float
    lost: float | None = None

    def is_lost(self, value: float) -> bool:
        """Whether the value is worse than the aim by an order of magnitude."""
        return self.lost is not None and (value < self.lost if self.operator == ">=" else value > self.lost)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an aim: one value a round. `about` is what a reader should know with it."""

    aim: str
    values: tuple[float, ...]
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def interval(self) -> rounds.Interval:
        """The median of the rounds and how sure it is."""
        return rounds.interval(self.values)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and how long is measured: rounds of so many seconds, at so many missions; less of it in the short form."""

    stores: Stores
    folder: Path
    rounds: int
    seconds: float
    small: int
    large: int
    short: bool = False


def aims() -> dict[str, Aim]:
    """The aims by id, in the order of their table."""
    return {row["id"]: Aim(**row) for row in tomllib.loads(_AIMS.read_text(encoding="utf-8"))["aim"]}
