"""Values that are no measurements: undeclared fill values, numbers without a physical meaning, declared ranges."""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats.observations import Mask

# Fill values that writers use without declaring them: of loggers and data centres, and the default of the NetCDF
# library. Larger ones are found by `_MEANINGLESS`.
_FILLS = np.array(
    [s * v for v in (999, 9999, 99999, 999999, 9999999, 999.9, 9999.9, 999.99, 99999.9) for s in (1, -1)]
    + [-32768.0, 32767.0, -2147483648.0, 2147483647.0, -2147483647.0]
)
_LEAST_FILL = 999.0
# No quantity of the ocean has such a number in any unit, and squares of larger ones exceed a float of 32 bits.
_MEANINGLESS = 9.9e18
# A fill value lies far from all measurements: farther than this share of their span.
_APART = 0.5
# A range that excludes more of the values is in another unit than they are.
_MOSTLY = 0.5
# Measurements just outside are noise, such as a pressure of -0.2 dbar at the surface: within this share of the span of
# the others, or of the width of the range.
_NOISE, _NOISE_OF_WIDTH = 0.05, 5e-4

# The attribute of this name, None if there is none.
Attribute = Callable[[str], Any]


def cleaned(values: NDArray[Any], valid: tuple[float, float] | None, counts: Counter[str]) -> NDArray[Any]:
    """The values with NaN for those that are no measurements; `counts` receives their number by code of warning.

    values: (n,) floats in the unit of the file. `valid` is the range that the file declares.
    """
    masks = {"value_invalid": meaningless(values), "fill_undeclared": undeclared(values)}
    if valid is not None:
        rest = np.isfinite(values) & ~masks["value_invalid"] & ~masks["fill_undeclared"]
        inside = rest & _within(values, *valid)
        outside = rest & ~inside
        if outside.any() and outside.sum() > _MOSTLY * rest.sum():
            counts["valid_range_ignored"] += int(outside.sum())
        elif outside.any():
            width = valid[1] - valid[0] if math.isfinite(valid[1] - valid[0]) else 0.0
            margin = max(_NOISE * float(np.ptp(values[inside])), _NOISE_OF_WIDTH * width)
            masks["value_out_of_range"] = outside & ~_within(values, valid[0] - margin, valid[1] + margin)
    flawed = np.logical_or.reduce(list(masks.values()))
    if not flawed.any():
        return values
    counts.update({code: int(mask.sum()) for code, mask in masks.items()})
    clean = values.copy()
    clean[flawed] = np.nan
    return clean


def _within(values: NDArray[Any], lowest: float, highest: float) -> Mask:
    """True for values within these bounds, of which a float of 32 bits need not hold every one."""
    with np.errstate(over="ignore"):
        return (values >= lowest) & (values <= highest)


def meaningless(values: NDArray[Any]) -> Mask:
    """True for numbers that are too large for any quantity."""
    with np.errstate(invalid="ignore"):
        mask: Mask = np.abs(values) > _MEANINGLESS
    return mask


def undeclared(values: NDArray[Any]) -> Mask:
    """True for values that equal a customary fill value and lie far from all other values.

    A single customary value among few others could be a measurement: it counts only beyond half of their span.
    """
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(values) >= _LEAST_FILL)
    is_fill: Mask = np.zeros(values.shape, dtype=bool)
    # Few columns have values as large as these, and the comparison takes longer than all others together.
    is_fill.ravel()[large] = np.isin(values.ravel()[large], _FILLS.astype(values.dtype))
    if not is_fill.any():
        return is_fill
    finite: Mask = np.isfinite(values) & ~meaningless(values)
    others = values[finite & ~is_fill]
    if not others.size:
        # A column of one fill value alone has no measurement; a setting may have several of these values.
        return is_fill & (np.unique(values[is_fill]).size == 1)
    low, high = float(others.min()), float(others.max())
    apart = np.where(values > high, values - high, low - values)
    with np.errstate(invalid="ignore"):
        mask: Mask = is_fill & (apart > max(_APART * (high - low), 10.0))
    return mask


def declared_range(
    attribute: Attribute, dtype: np.dtype[Any], scale: float, offset: float
) -> tuple[float, float] | None:
    """The range of valid values of a variable in unpacked units, None if it declares none.

    By the NetCDF Users' Guide the attributes are in the units of the packed data, unless the data are whole numbers
    and the attributes are not. Texts and empty ranges are ignored.
    """
    ends = np.ravel(np.asarray(attribute("valid_range") if attribute("valid_range") is not None else [], dtype=object))
    pair = list(ends) if len(ends) == 2 else [attribute("valid_min"), attribute("valid_max")]
    low, high = (_number(value) for value in pair)
    if low is None and high is None:
        return None
    low, high = -math.inf if low is None else low, math.inf if high is None else high
    is_unpacked = dtype.kind in "iu" and any(isinstance(value, float) for value in pair)
    if not is_unpacked:
        low, high = sorted((low * scale + offset, high * scale + offset))
    # A value that the file stores with 32 bits may differ from the limit by rounding.
    margin = 1e-6 * max(abs(value) for value in (low, high, 0.0) if math.isfinite(value))
    return (low - margin, high + margin) if low < high else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(number) else number
