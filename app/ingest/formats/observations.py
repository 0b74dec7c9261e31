"""The result of every parser: the rows of one file with canonical names and units, before quality control."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.quality_flags import LEFT_OUT
from app.domain.records import SURFACE_KINDS, Kind, Scope, Variable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
# Quality flags, see `domain.quality_flags`.
Flags = NDArray[np.int8]

# The time of a row without one: earlier than any date of a calendar.
NO_TIME = np.iinfo(np.int64).min

# Formats with a rule of their own after parsing; stored missions have them as `source.format`.
TABLE_FORMAT = "ERDDAP table"
GRID_FORMAT = "pyglider grid"
SAILBUOY_FORMAT = "sailbuoy logs"


# The name, among the names of coordinates, of a variable of numbers that divides the rows of the file into no profiles:
# the file may be a part of a mission in which it does.
NUMBERING = "numbering"


@dataclass(frozen=True, slots=True)
class Column:
    """A measured variable: (n,) values in the canonical unit, NaN where missing, in the width of the file.

    `flags` are the quality flags of the values, None if the file has none for this variable.
    """

    about: Variable
    values: NDArray[Any]
    flags: Flags | None = None


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The names of time and position in a file, in lower case."""

    time: str
    latitude: str
    longitude: str


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One of several trajectories in a file: its name, its number of rows, and the texts that describe it."""

    name: str
    rows: int
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Observations:
    """Rows of one file. All arrays are (n,); `names` are the file's names of its coordinates, for messages.

    `number` is the raw profile number (NaN, 0 and halves included), `weight` is 1 for a row that counts as a sample and
    0 for one that a grid only spreads over depth. `texts` are scalar text variables by lower-case name.
    `warnings` are those of the reader itself, `unread` the variables that it left out, with the reason.
    `trajectories` divide the rows of a file of several missions, in their order. A sailbuoy has neither numbers nor
    depths. `flags` are the quality flags of `time`, `position` and `depth`, where the file has some; `flag_variables`
    names the variables that all flags come from, in the reader process only.
    """

    format: str
    scope: Scope
    attributes: dict[str, Any]
    texts: dict[str, str]
    time_ms: Ints
    lon_deg: Floats
    lat_deg: Floats
    depth_m: Floats
    number: Floats
    weight: Ints
    columns: tuple[Column, ...]
    names: dict[str, str]
    kind: Kind = "glider"
    warnings: Mapping[str, int] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    trajectories: tuple[Trajectory, ...] = ()
    flags: Mapping[str, Flags] = field(default_factory=dict)
    flag_variables: frozenset[str] = frozenset()

    def at(self, rows: NDArray[np.intp]) -> "Observations":
        """The rows with these indexes, and the columns that have a value in them."""
        columns = (
            replace(c, values=c.values[rows], flags=None if c.flags is None else c.flags[rows]) for c in self.columns
        )
        return replace(
            self,
            time_ms=self.time_ms[rows],
            lon_deg=self.lon_deg[rows],
            lat_deg=self.lat_deg[rows],
            depth_m=self.depth_m[rows],
            number=self.number[rows],
            weight=self.weight[rows],
            columns=tuple(column for column in columns if np.isfinite(column.values).any()),
            flags={name: flags[rows] for name, flags in self.flags.items()},
        )

    def left_out(self, name: str) -> Mask:
        """(n,) mask of the times, positions or depths that a flag leaves out of figures."""
        return left_out(self.flags.get(name), self.time_ms.size)

    @property
    def is_surface(self) -> bool:
        """True for a vessel that stays at the surface: it has fixes instead of profiles."""
        return self.kind in SURFACE_KINDS

    @property
    def is_continuous(self) -> bool:
        """True for a log that runs for years: it holds several missions and grows between imports."""
        return self.format == SAILBUOY_FORMAT

    @property
    def is_numbered(self) -> bool:
        """True if the profiles have numbers: of the file, or by the columns of a grid."""
        return "number" in self.names or self.format == GRID_FORMAT


def left_out(flags: Flags | None, rows: int) -> Mask:
    """(rows,) mask of the values that a flag leaves out of figures; none without flags."""
    return np.zeros(rows, dtype=bool) if flags is None else np.isin(flags, LEFT_OUT)
