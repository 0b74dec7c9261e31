"""Rows that repeat an earlier row exactly."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ingest.formats.observations import Ints, Mask


def repeated_rows(time_ms: Ints, others: Sequence[NDArray[Any]], order: NDArray[np.intp]) -> Mask:
    """True for rows that equal an earlier one in all columns; NaN equals NaN.

    time_ms, others: (n,) columns; order: (m,) indexes of rows in time order. Returns (m,), along `order`. Only rows
    that share their time with another one are compared, so that the columns are not copied.
    """
    same = np.diff(time_ms[order]) == 0
    candidates = np.flatnonzero(np.concatenate(([False], same)) | np.concatenate((same, [False])))[: order.size]
    repeated = np.zeros(order.size, dtype=bool)
    if candidates.size == 0:
        return repeated
    rows = order[candidates]
    # Two 64-bit hashes of all columns decide: among 20 million rows they collide by chance once in 10^24 files.
    hashes = np.zeros((2, candidates.size), dtype=np.uint64)
    multipliers = np.array([[0x9E3779B97F4A7C15], [0xC2B2AE3D27D4EB4F]], dtype=np.uint64)
    for values in (time_ms, *others):
        bits = np.nan_to_num(values[rows].astype(np.float64), nan=-9.0e307).view(np.uint64)
        hashes ^= bits
        hashes *= multipliers
        hashes ^= hashes >> np.uint64(29)
    by_hash = np.lexsort((candidates, hashes[1], hashes[0]))
    equal = np.all(hashes[:, by_hash][:, 1:] == hashes[:, by_hash][:, :-1], axis=0)
    repeated[candidates[by_hash[1:][equal]]] = True
    return repeated
