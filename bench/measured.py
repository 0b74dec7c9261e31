"""The aims, the results measured for them, and the settings of a run."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench import rounds
from bench.data import Stores

_AIMS = Path(__file__).with_name("aims.toml")


@dataclass(frozen=True, slots=True)
class Aim:
    """A performance aim. `lost` is a value that misses it by an order of magnitude, None if the short form skips it."""

    id: str
    what: str
    operator: Literal["<=", ">="]
    limit: float
    lost: float | None = None
    # The module in `bench/rows` that measures the aim, and the command that runs it: `cluster` is `make bench-cluster`.
    family: str = ""
    group: str = "machine"

    def is_lost(self, value: float) -> bool:
        """True if the value misses the aim by an order of magnitude."""
        return self.lost is not None and (value < self.lost if self.operator == ">=" else value > self.lost)


@dataclass(frozen=True, slots=True)
class Measured:
    """The values measured for an aim, one a round. `about` has details for the reader of the results."""

    aim: str
    values: tuple[float, ...]
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def interval(self) -> rounds.Interval:
        """The median of the rounds and its confidence interval."""
        return rounds.interval(self.values)


@dataclass(frozen=True, slots=True)
class Bench:
    """The settings of a run: servers, folder for logs, rounds, seconds of a measurement, sizes, short form."""

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
