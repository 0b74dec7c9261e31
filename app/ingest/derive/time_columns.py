"""The columns of a section along time: profiles in time order, several in one column where there are too many."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]

# A screen that is 1 440 pixels wide has room for three pixels each.
MOST_COLUMNS = 400
# A longer pause, in typical steps, is a gap: it must not look like measurements.
_GAP_STEPS = 4
# The width of a mission of a single profile without duration.
_SHORTEST_MS = 60_000


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """Columns: `of_profile` is the column of each profile; a column is drawn from `from_ms` to `to_ms`.

    Adjacent columns touch; a gap lies between `to_ms` and a later `from_ms`.
    """

    of_profile: NDArray[np.intp]
    from_ms: Times
    mid_ms: Times
    to_ms: Times
    first: NDArray[np.intp]
    count: NDArray[np.intp]
    each: int


def time_columns(mid_ms: Times, most: int = MOST_COLUMNS) -> TimeColumns:
    """The columns of profiles with these mid times: (n,) ms in any order, n >= 1.

    A gap is a pause of more than four typical steps between profiles; three of four steps are shorter than the typical.
    """
    order = np.argsort(mid_ms, kind="stable")
    mids = mid_ms[order]
    steps = np.diff(mids)
    positive = steps[steps > 0]
    typical = max(int(np.percentile(positive, 75)) if positive.size else 0, _SHORTEST_MS)
    pause = _GAP_STEPS * typical
    # Each run of profiles has a column at least: where pauses are the rule, only longer ones are gaps.
    while np.count_nonzero(steps > pause) >= most:
        pause *= 2
    run = np.concatenate(([0], np.cumsum(steps > pause)))
    starts = np.flatnonzero(np.concatenate(([True], steps > pause)))
    lengths = np.diff(np.append(starts, mids.size))
    each = max(-(-mids.size // most), 1)
    while int(np.sum(-(-lengths // each))) > most:
        each += max(each // 8, 1)
    within = np.arange(mids.size) - starts[run]
    before = np.concatenate(([0], np.cumsum(-(-lengths // each))[:-1]))
    column = before[run] + within // each
    first = np.flatnonzero(np.concatenate(([True], np.diff(column) > 0)))
    count = np.diff(np.append(first, mids.size))
    last = first + count - 1
    # The mean is computed relative to the first time, because sums of times since 1970 overflow.
    mean = mids[first] + np.add.reduceat(mids - mids[first][column], first) // count
    half = typical // 2
    between = mids[last[:-1]] + (mids[first[1:]] - mids[last[:-1]]) // 2
    parted = run[first[1:]] != run[last[:-1]]
    of_profile = np.empty(mids.size, dtype=np.intp)
    of_profile[order] = column
    return TimeColumns(
        of_profile=of_profile,
        from_ms=np.concatenate(([mids[0] - half], np.where(parted, mids[first[1:]] - half, between))),
        mid_ms=mean,
        to_ms=np.concatenate((np.where(parted, mids[last[:-1]] + half, between), [mids[-1] + half])),
        first=order[first],
        count=count,
        each=each,
    )
