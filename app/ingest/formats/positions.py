"""Positions of a file in degrees, whatever their unit of angle is."""

from collections import Counter

import numpy as np

from app.ingest.formats import fill_values, units
from app.ingest.formats.netcdf import as_floats
from app.ingest.formats.observations import Floats
from app.ingest.formats.variable_source import Variables
from app.ingest.refusals import Refused

# No latitude or longitude is larger, in whatever range longitudes are: a customary fill value beyond it is one.
_MOST_DEG = 360.0


def degrees(file: Variables, name: str, warnings: Counter[str]) -> Floats:
    """The latitudes or longitudes in degrees, NaN where missing; `warnings` receives the number of undeclared fills.

    Raises Refused for a unit of another quantity.
    """
    unit = str(file.attribute(name, "units") or "").strip()
    factor = units.factor(unit, "angle") if unit else 1.0
    if factor is None and units.factor(unit, "length") is not None:
        raise Refused("position_not_degrees", f"its unit {unit[:40]!r} is one of length: this is a projection", name)
    values = as_floats(file.floats(name))
    with np.errstate(invalid="ignore"):
        fills = fill_values.undeclared(values) & (np.abs(values) > _MOST_DEG)
    if fills.any():
        values[fills] = np.nan
        warnings["position_fill"] += int(fills.sum())
    with np.errstate(over="ignore"):
        # A value that overflows is no position either way.
        return values * (factor or 1.0)
