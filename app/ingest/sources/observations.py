"""What every reader returns: one file's rows in our vocabulary, nothing judged yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain.records import Kind, Scope, Variable

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The time of a row that has none: earlier than anything a calendar names.
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Column:
    """A measured variable: (n,) values in our unit, NaN where missing, in the width the file has.

    `good` and `checked` count the rows whose quality flag says good, and those that were flagged at all.
    """

    about: Variable
    values: NDArray[Any]
    good: int | None = None
    checked: int | None = None


@dataclass(frozen=True, slots=True)
class Coordinates:
    """How a file calls time and position, in lower case."""

    time: str
    latitude: str
    longitude: str


@dataclass(frozen=True, slots=True)
class Observations:
    """Rows of one file. All arrays are (n,); `names` says how the file calls its coordinates, for messages.

    `number` is the raw profile number (NaN, 0 and halves included), `weight` is 1 for a row that counts as a sample and
    0 for one that a grid only spreads over depth. `texts` are scalar text variables by lower-case name.
    `warnings` are what the reader itself has noticed. A sailbuoy has neither numbers nor depths.
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
