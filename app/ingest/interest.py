"""Which variables get a section, in which order, and in which colours."""

import re
from collections.abc import Sequence

from app.domain.records import Variable

MOST_SECTIONS = 12

# By the beginning of a name, in the order of interest; colour maps are cmocean's.
_FIRST = (
    ("temperature", "thermal"),
    ("salinity", "haline"),
    ("density", "dense"),
    ("potential_density", "dense"),
    ("sigma", "dense"),
    ("oxygen", "oxy"),
    ("chlorophyll", "algae"),
    ("turbidity", "turbid"),
    ("backscatter", "turbid"),
    ("cdom", "matter"),
    ("potential_temperature", "thermal"),
)
# What says more of the instrument than of the sea comes last.
_LAST = ("conductivity", "pressure")
_VELOCITY = re.compile(r"velocity|(^|_)(u|v|w)$|current")
_OTHERS = "haline"
# A name is part of an address, and `.png` ends one.
_NAME = re.compile(r"[\w-]{1,80}")


def ordered(variables: Sequence[Variable]) -> list[Variable]:
    """The variables that get a section, at most twelve, the most interesting first."""
    usable = [variable for variable in variables if _NAME.fullmatch(variable.name)]
    return sorted(usable, key=_rank)[:MOST_SECTIONS]


def colour_map(variable: Variable) -> str:
    """The name of the colour map that readers know the variable by."""
    for start, name in _FIRST:
        if variable.name.startswith(start):
            return name
    return "balance" if _VELOCITY.search(variable.name) else _OTHERS


def _rank(variable: Variable) -> tuple[int, bool]:
    starts = [start for start, _ in _FIRST]
    place = next((i for i, start in enumerate(starts) if variable.name.startswith(start)), len(starts))
    # Beside `temperature` stands what derives from it, such as `temperature_qc`.
    return place + (variable.name in _LAST), variable.name not in starts
