"""The variables with a section, their order and their colour maps."""

import re
from collections.abc import Sequence

from app.domain.records import Mission, Variable
from app.domain.sections import ADJUSTED as ADJUSTED

MOST_SECTIONS = 12

# In the order of interest, with cmocean's maps: each name exactly, or with a number as in `backscatter_700`.
_FIRST = (
    (r"temperature", "thermal"),
    (r"salinity", "haline"),
    (r"density", "dense"),
    (r"potential_density|sigma_\w+", "dense"),
    (r"oxygen\w*", "oxy"),
    (r"chlorophyll\w*", "algae"),
    (r"turbidity|backscatter", "turbid"),
    (r"cdom", "matter"),
    (r"potential_temperature|conservative_temperature", "thermal"),
    (r"absolute_salinity", "haline"),
)
_RANKS = [re.compile(rf"(?:{name})(?:_\d+)?") for name, _ in _FIRST]
# Variables about the instrument rather than the sea come last, or are omitted.
_LAST = ("conductivity", "pressure")
_NEVER = re.compile(r"heading|pitch|roll|battery|volt|dive_num|distance|(^|_)depth|profile|glide_|phase|_index")
COLOUR_MAPS = ("thermal", "haline", "dense", "oxy", "algae", "turbid", "matter", "balance")
_VELOCITY = re.compile(r"velo|(^|_)(u|v|w)$|curr|wcur")
_OTHERS = "haline"
# Parts of longer names.
_LIKE = (("temp", "thermal"), ("density", "dense"), ("oxygen", "oxy"), ("chlor", "algae"), ("scatter", "turbid"))
# A name is part of a URL that ends in `.png`.
_NAME = re.compile(r"[\w-]{1,80}")


def ordered(variables: Sequence[Variable]) -> list[Variable]:
    """The variables that get a section, at most twelve, the most interesting first.

    The adjusted values of a quantity take the place of the raw ones, which come last.
    """
    return candidates(variables)[:MOST_SECTIONS]


def candidates(variables: Sequence[Variable]) -> list[Variable]:
    """All variables that can have a section, in the order of `ordered`."""
    usable = [v for v in variables if _NAME.fullmatch(v.name) and not _NEVER.search(v.name)]
    names = {v.name for v in usable}
    return sorted(usable, key=lambda v: (v.name + ADJUSTED in names, _rank(v)))


def best(name: str, variables: Sequence[Variable]) -> str:
    """The name of the best values of a quantity: the adjusted ones if the mission has them."""
    adjusted = name + ADJUSTED
    return adjusted if any(variable.name == adjusted for variable in variables) else name


def flagged(mission: Mission) -> set[str]:
    """The variables of which some values are flagged as bad, probably bad or missing."""
    return {counts.variable for counts in mission.flags if counts.left_out}


def colour_map(variable: Variable) -> str:
    """The name of the colour map that is customary for the variable."""
    rank = _rank(variable)
    if rank < len(_FIRST):
        return _FIRST[rank][1]
    words = next((colours for name, colours in _LIKE if name in variable.name), _OTHERS)
    return "balance" if _VELOCITY.search(variable.name) else words


def _rank(variable: Variable) -> int:
    name = variable.name.removesuffix(ADJUSTED)
    ranks = (rank for rank, pattern in enumerate(_RANKS) if pattern.fullmatch(name))
    return next(ranks, len(_RANKS) + (name in _LAST))
