"""The vertical axis of a file: which variable it is, its unit, and whether up or down is positive.

CF 1.11, sections 4.3 and 4.3.1: the axis is identified by its standard name, by `axis = "Z"` or by `positive`; units of
pressure identify it, too. A unit that is not known is never taken for metres: the depth is then unknown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from app.ingest.formats import fill_values, flag_variables, units
from app.ingest.formats.observations import Floats, Mask
from app.ingest.formats.variable_source import Variables

DEPTHS = ("depth", "glider_depth", "depth_z")
_HEIGHTS = ("altitude", "elevation", "height")
_DEPTH_STANDARDS = frozenset({"depth", "depth_below_geoid", "depth_below_sea_surface", "sea_water_depth"})
_HEIGHT_STANDARDS = frozenset({
    "altitude", "height", "height_above_mean_sea_level", "height_above_geopotential_datum",
    "height_above_reference_ellipsoid",
})  # fmt: skip
PRESSURE_STANDARDS = frozenset({"sea_water_pressure", "sea_water_pressure_due_to_sea_water"})
PRESSURES = ("pressure", "pres")
# Source: CF 1.11, appendix C.
_MODIFIERS = frozenset({"detection_minimum", "number_of_observations", "standard_error", "status_flag", "quality_flag"})
# Standard names of the depth of the water, and of the height of a vehicle in it.
_SEA_FLOOR = "sea_floor"
# A glider has few samples above the water; the height above the sea floor, which some call altitude, is never below 0.
_MOSTLY = 0.8


@dataclass(frozen=True, slots=True)
class Axis:
    """A vertical axis. `factor` gives metres, or decibars for a pressure; None for an unknown unit.

    `is_unit_missing`: there is no unit, so that metres or decibars are assumed.
    """

    name: str
    factor: float | None
    is_up: bool = False
    is_pressure: bool = False
    is_unit_missing: bool = False


@dataclass(frozen=True, slots=True)
class Depths:
    """(n,) depths in metres, positive down, NaN without one; the pressures of an axis of pressure, and warnings."""

    depth_m: Floats
    axis: Axis | None = None
    pressure_dbar: Floats | None = None
    warnings: Mapping[str, int] = field(default_factory=dict)


def of_rows(file: Variables, shape: tuple[str, ...], rows: int, names: Collection[str] = DEPTHS) -> Depths:
    """The depths of the rows along `shape`, all NaN without a vertical axis in a known unit of length.

    `names` are the possible names of depth, best first. Depths from pressure are computed later.
    """
    unknown = np.full(rows, np.nan)
    axis = best(file, shape, names)
    if axis is None:
        return Depths(unknown)
    values = file.floats(axis.name).astype(np.float64, copy=False)
    invalid = _invalid(values, file.valid_range(axis.name), axis)
    values[invalid] = np.nan
    count = int(np.isfinite(values).sum())
    warnings = {"depth_invalid": int(invalid.sum())}
    if axis.factor is None:
        return Depths(unknown, axis, warnings={"depth_unit_unknown": count})
    if axis.is_pressure:
        return Depths(unknown, axis, values * axis.factor, warnings)
    depth_m = values * (-axis.factor if axis.is_up else axis.factor)
    if axis.is_up and axis.name not in names and not _is_below_water(depth_m):
        return Depths(unknown)
    if axis.is_unit_missing:
        warnings["depth_unit_missing"] = count
    return Depths(depth_m, axis, None, warnings)


def _invalid(values: Floats, valid: tuple[float, float] | None, axis: Axis) -> Mask:
    """True for undeclared fill values, and for values deeper than the file declares valid.

    Values above the surface are noise of the sensor, although most files declare a minimum of 0.
    """
    invalid = fill_values.undeclared(values) | fill_values.meaningless(values)
    if valid is not None:
        with np.errstate(invalid="ignore"):
            deeper = (values < valid[0]) if axis.is_up else (values > valid[1])
        if deeper.sum() <= np.isfinite(values).sum() / 2:
            invalid |= deeper
    return invalid


def best(file: Variables, shape: tuple[str, ...], names: Collection[str] = DEPTHS) -> Axis | None:
    """The vertical axis along `shape`: by the name of depth, by its standard name, else by its role.

    Flags of an axis are none, although tools copy its attributes to them. The sea floor is none.
    """
    flags = flag_variables.names(file)
    along = [
        name
        for name, variable in file.variables.items()
        if tuple(variable.dimensions) == shape
        and file.is_number(name)
        and name not in flags
        and _SEA_FLOOR not in _standard(file, name)
    ]
    named = [name for name in names if name in along]
    standard = [name for name in along if _standard(file, name) in _DEPTH_STANDARDS]
    heights = [name for name in along if name in _HEIGHTS or _standard(file, name) in _HEIGHT_STANDARDS]
    by_role = [
        name
        for name in along
        if _text(file, name, "axis").upper() == "Z" or _text(file, name, "positive").lower() in ("up", "down")
    ]
    for name in dict.fromkeys((*named, *standard, *by_role, *heights)):
        if (axis := _axis(file, name, is_certain=name in named or name in standard)) is not None:
            return axis
    return None


def _axis(file: Variables, name: str, is_certain: bool) -> Axis | None:
    """The variable as an axis; None for one whose unit shows that it is another quantity."""
    unit = _text(file, name, "units")
    if units.factor(unit, "pressure") is not None:
        return Axis(name, units.factor(unit, "pressure"), is_pressure=True)
    is_up = _is_up(file, name)
    if not unit and name in PRESSURES:
        return Axis(name, 1.0, is_pressure=True, is_unit_missing=True)
    if not unit:
        return Axis(name, 1.0, is_up, is_unit_missing=True)
    factor = units.factor(unit, "length")
    return None if factor is None and not is_certain else Axis(name, factor, is_up)


def _is_up(file: Variables, name: str) -> bool:
    """True if larger values are higher: `positive` decides, then the standard name, then the name."""
    positive = _text(file, name, "positive").lower()
    if positive in ("up", "down"):
        return positive == "up"
    standard = _standard(file, name)
    if standard in _DEPTH_STANDARDS:
        return False
    return standard in _HEIGHT_STANDARDS or name in _HEIGHTS


def _is_below_water(depth_m: Floats) -> bool:
    finite = depth_m[np.isfinite(depth_m)]
    return bool(finite.size and (finite >= -1).mean() >= _MOSTLY)


def _standard(file: Variables, name: str) -> str:
    """The standard name without remarks behind it; empty for one with a modifier: the error of a depth is no depth."""
    standard, *others = _text(file, name, "standard_name").lower().split() or [""]
    return "" if _MODIFIERS & {*others} else standard


def _text(file: Variables, name: str, attribute: str) -> str:
    value = file.attribute(name, attribute)
    return "" if value is None else str(value).strip()
