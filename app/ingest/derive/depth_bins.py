"""Bins of time and depth, filled profile by profile: memory depends on the cells, not on the samples."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# A picture has about 300 pixels for the rows.
MOST_ROWS = 150
# Round heights. Sums use the finest with at most 300 rows; a section merges a multiple of them.
_HEIGHTS_M = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_MULTIPLES = (1, 2, 4, 5, 10, 20, 50, 100)
_MOST_FINE = 2 * MOST_ROWS
# The least share of filled cells between the first and last value of a column; below it, rows are merged.
_FILLED = 0.9
# No sea is deeper: it bounds the rows whatever is stored.
_DEEPEST_M = 12_000.0
# Percentiles of this many values differ invisibly from those of all.
MOST_FOR_LIMITS = 250_000
_PERCENTILES = (1.0, 99.0)


def fine_m(deepest_m: float) -> float:
    """The height of the rows of sums, m."""
    deepest_m = min(deepest_m, _DEEPEST_M)
    return next((height for height in _HEIGHTS_M if deepest_m / height <= _MOST_FINE), _HEIGHTS_M[-1])


@dataclass(frozen=True, slots=True)
class Cells:
    """Means by depth and time, NaN without a measurement: (rows, columns), rows of `bin_m` from the surface."""

    values: Floats
    bin_m: float


@dataclass(slots=True)
class Sums:
    """Running sums of one variable. The colour limits are computed from every `stride`-th value."""

    columns: int
    deepest_m: float
    stride: int = 1
    samples: int = 0
    least: float = np.inf
    greatest: float = -np.inf
    total: Floats = field(init=False)
    count: NDArray[np.int64] = field(init=False)
    sampled: list[NDArray[np.float32]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rows = max(int(np.ceil(min(self.deepest_m, _DEEPEST_M) / fine_m(self.deepest_m))), 1)
        self.total = np.zeros((rows, self.columns))
        self.count = np.zeros((rows, self.columns), dtype=np.int64)

    def add(self, column: int, depth_m: Floats, values: Floats) -> None:
        """Adds the samples of a profile: (n,) each. Samples without a finite value and depth are omitted.

        Samples above the surface belong to the first row; samples deeper than the mission are omitted.
        """
        rows = self.total.shape[0]
        height = fine_m(self.deepest_m)
        good = np.isfinite(values) & np.isfinite(depth_m) & (depth_m <= rows * height)
        if not good.any():
            return
        values, depth_m = values[good], depth_m[good]
        row = np.clip((depth_m / height).astype(np.intp), 0, rows - 1)
        self.total[:, column] += np.bincount(row, values, minlength=rows)
        self.count[:, column] += np.bincount(row, minlength=rows)
        first = -self.samples % self.stride
        self.sampled.append(values[first :: self.stride].astype(np.float32))
        self.samples += values.size
        self.least = min(self.least, float(values.min()))
        self.greatest = max(self.greatest, float(values.max()))

    def shape(self) -> tuple[int, int]:
        """The number of fine rows to merge, so that cells are mostly filled; and of the merged rows with a value."""
        for multiple in _MULTIPLES:
            count = _merged(self.count, multiple)
            if count.shape[0] <= MOST_ROWS and (count.shape[0] <= 2 or _filled(count) >= _FILLED):
                break
        return multiple, int(np.flatnonzero(count.any(axis=1))[-1]) + 1

    def means(self, multiple: int, rows: int) -> Cells:
        """The means in the first rows after `multiple` fine rows each are merged."""
        total, count = _merged(self.total, multiple)[:rows], _merged(self.count, multiple)[:rows]
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            values = total / count
        return Cells(np.where(np.isfinite(values), values, np.nan), fine_m(self.deepest_m) * multiple)

    def cells(self) -> Cells:
        """The means, in rows high enough to be mostly filled, down to the deepest value."""
        return self.means(*self.shape())

    def limits(self, centred: bool) -> tuple[float, float]:
        """The colour limits: percentiles 1 and 99, symmetric around zero when `centred`, never equal."""
        return limits(self.sampled, centred)


def limits(sampled: Sequence[NDArray[np.float32]], centred: bool) -> tuple[float, float]:
    """Percentiles 1 and 99, rounded outwards, symmetric around zero when `centred`; a constant gets margins."""
    low, high = (float(limit) for limit in np.percentile(np.concatenate(sampled).astype(np.float64), _PERCENTILES))
    if centred:
        high = max(abs(low), abs(high))
        low = -high
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        room = 0.01 * max(abs(low), abs(high)) or 0.5
        low, high = low - room, high + room
    return _rounded(low, high)


def _rounded(low: float, high: float) -> tuple[float, float]:
    """The limits, each moved outwards to two digits of their span: 2 to 13 rather than 2.01477 to 12.4681."""
    digits = 1 - int(np.floor(np.log10(high - low)))
    step = 10.0**-digits
    # Single precision turns a round number into one beside it, which is as good as round.
    low, high = float(np.floor(low / step + 1e-4)), float(np.ceil(high / step - 1e-4))
    return round(low * step, digits), round(high * step, digits)


def decimals(low: float, high: float) -> int:
    """The decimals that resolve a thousandth of the span; 0 to 12."""
    return int(np.clip(3 - np.floor(np.log10(high - low)), 0, 12))


def _merged(values: NDArray[np.generic], multiple: int) -> NDArray[np.float64]:
    rows = -(-values.shape[0] // multiple)
    padded = np.zeros((rows * multiple, values.shape[1]))
    padded[: values.shape[0]] = values
    merged: NDArray[np.float64] = padded.reshape(rows, multiple, -1).sum(axis=1)
    return merged


def _filled(count: NDArray[np.float64]) -> float:
    """The share of cells with a value among those between the first and the last of their column."""
    has = count > 0
    below = np.maximum.accumulate(has, axis=0)
    above = np.maximum.accumulate(has[::-1], axis=0)[::-1]
    return float(has.sum() / max(int((below & above).sum()), 1))
