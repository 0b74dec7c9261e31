"""Units of length, pressure, angle and time in the spellings of UDUNITS-2: names, symbols, SI prefixes and multiples.

Source: UDUNITS-2 database, https://docs.unidata.ucar.edu/udunits/current/. Only the units of coordinates are listed:
for an unknown unit the result is None, never a guess.
"""

import math
import re
from functools import cache

# quantity: {unit with prefixes: factor to the unit of the quantity}. Names take prefixes that are names, symbols take
# symbols.
_NAMES: dict[str, dict[str, float]] = {
    "length": {"meter": 1.0, "metre": 1.0},
    "pressure": {"pascal": 1e-4, "bar": 10.0},
    "angle": {"degree": 1.0, "radian": math.degrees(1)},
    "time": {"second": 1e3, "sec": 1e3, "minute": 6e4, "hour": 36e5, "day": 864e5},
}
_SYMBOLS: dict[str, dict[str, float]] = {
    "length": {"m": 1.0},
    "pressure": {"Pa": 1e-4, "bar": 10.0},
    "angle": {"rad": math.degrees(1)},
    "time": {"s": 1e3, "sec": 1e3, "secs": 1e3, "min": 6e4, "mins": 6e4, "h": 36e5, "hr": 36e5, "hrs": 36e5,
             "d": 864e5},
}  # fmt: skip
# Units without prefixes, and spellings that are not in UDUNITS, in lower case. A foot is the international one.
_OTHERS: dict[str, dict[str, float]] = {
    "length": {
        "foot": 0.3048, "feet": 0.3048, "ft": 0.3048, "international_foot": 0.3048, "international_feet": 0.3048,
        "fathom": 1.8288, "fathoms": 1.8288, "yard": 0.9144, "yards": 0.9144, "yd": 0.9144, "inch": 0.0254,
        "inches": 0.0254, "in": 0.0254, "mtr": 1.0, "mtrs": 1.0,
    },
    "pressure": {
        "db": 1.0, "dbars": 1.0, "atm": 10.1325, "atmosphere": 10.1325, "atmospheres": 10.1325,
        "standard_atmosphere": 10.1325, "psi": 0.6894757293168361, "torr": 0.01333223684210526,
    },
    "angle": {
        "degrees_north": 1.0, "degree_north": 1.0, "degree_n": 1.0, "degrees_n": 1.0, "degreen": 1.0, "degreesn": 1.0,
        "degrees_east": 1.0, "degree_east": 1.0, "degree_e": 1.0, "degrees_e": 1.0, "degreee": 1.0, "degreese": 1.0,
        "deg": 1.0, "degs": 1.0, "°": 1.0, "decimal_degrees": 1.0, "decimal degrees": 1.0, "arc_degree": 1.0,
        "arc_degrees": 1.0, "radians": math.degrees(1), "arc_minute": 1 / 60, "arc_minutes": 1 / 60, "'": 1 / 60,
    },
    "time": {"week": 6048e5, "weeks": 6048e5, "fortnight": 12096e5, "fortnights": 12096e5, "msecs": 1.0, "nsec": 1e-6},
}  # fmt: skip
_PREFIX_NAMES = {
    "": 1.0, "pico": 1e-12, "nano": 1e-9, "micro": 1e-6, "milli": 1e-3, "centi": 1e-2, "deci": 0.1, "deca": 10.0,
    "deka": 10.0, "hecto": 100.0, "kilo": 1e3, "mega": 1e6, "giga": 1e9,
}  # fmt: skip
_PREFIX_SYMBOLS = {
    "": 1.0, "p": 1e-12, "n": 1e-9, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "m": 1e-3, "c": 1e-2, "d": 0.1, "da": 10.0,
    "h": 100.0, "k": 1e3, "M": 1e6, "G": 1e9,
}  # fmt: skip
# `10 dbar`, `1e4 Pa`, `0.1 s`.
_MULTIPLE = re.compile(r"(?P<factor>\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?)\s*[*. ]?\s*(?P<unit>\D.*)", re.ASCII)
_LONGEST = 60


def factor(unit: str, quantity: str) -> float | None:
    """The factor from this unit to metres, decibars, degrees or milliseconds; None for an unknown unit.

    `quantity` is `length`, `pressure`, `angle` or `time`. Case matters as in UDUNITS (`mPa` is not `MPa`) unless only
    one unit has the spelling.
    """
    text = unit.strip().strip("()[]").strip()
    if not 0 < len(text) <= _LONGEST:
        return None
    multiple = _MULTIPLE.fullmatch(text)
    count = float(multiple["factor"]) if multiple else 1.0
    text = multiple["unit"].strip() if multiple else text
    spellings = _spellings(quantity)
    known = spellings.get(text)
    if known is None:
        # Other spellings of the case, unless they are ambiguous.
        candidates = {value for name, value in spellings.items() if name.lower() == text.lower()}
        known = candidates.pop() if len(candidates) == 1 else None
    return None if known is None or not math.isfinite(known * count) or count <= 0 else known * count


@cache
def _spellings(quantity: str) -> dict[str, float]:
    """Every spelling of the units of the quantity."""
    spellings = dict(_OTHERS[quantity])
    for name, value in _NAMES[quantity].items():
        for prefix, scale in _PREFIX_NAMES.items():
            for plural in ("", "s"):
                spellings[f"{prefix}{name}{plural}"] = scale * value
    for symbol, value in _SYMBOLS[quantity].items():
        for prefix, scale in _PREFIX_SYMBOLS.items():
            spellings.setdefault(f"{prefix}{symbol}", scale * value)
    return spellings
