"""The aims, the results measured for them, and the settings of a run."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bench import rounds
from bench.data import Stores

_AIMS = Path(__file__).with_name("aims.toml")
# The short form has three rounds: a median that is twice as bad as the worst of fifteen is no chance, unless the rounds
# themselves differ by half.
_MUCH_NOISE, _FACTOR, _FACTOR_WITH_NOISE = 1.5, 2.0, 10.0


@dataclass(frozen=True, slots=True)
class Aim:
    """A performance aim; the head of aims.toml describes the fields."""

    id: str
    what: str
    family: str
    operator: Literal["<=", ">="]
    limit: float
    group: str = "machine"
    short: bool = False

    def failing(self, recorded: Mapping[str, Any] | None) -> float:
        """The value beyond which the short form fails, by the recorded result. The head of aims.toml has the rule."""
        smallest, largest = recorded["spread"] if recorded else (0.0, 0.0)
        factor = _FACTOR if 0 < largest < _MUCH_NOISE * smallest else _FACTOR_WITH_NOISE
        if self.operator == ">=":
            return min(self.limit, smallest if recorded else self.limit) / factor
        return max(self.limit, largest) * factor

    def fails(self, value: float, recorded: Mapping[str, Any] | None) -> bool:
        """True if the short form checks the aim and the value is worse than `failing`."""
        failing = self.failing(recorded)
        return self.short and (value < failing if self.operator == ">=" else value > failing)


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
