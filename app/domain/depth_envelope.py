"""The depths of profiles over time, in as many slots as a picture has room for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

# A picture of few profiles has bars, not walls.
_LEAST = 8


def deepest(at: Sequence[datetime], depths_m: Sequence[float], most: int) -> tuple[float | None, ...]:
    """The depth of the deepest profile in each slot, m; None where there is none. Empty without profiles.

    At most `most` slots of the same length, from the first time to the last: `at` is in order, `depths_m` beside it.
    """
    if not at:
        return ()
    count = max(min(most, len(at)), _LEAST)
    begin, whole = at[0], (at[-1] - at[0]) or timedelta(seconds=1)
    found: list[float | None] = [None] * count
    for moment, depth_m in zip(at, depths_m, strict=True):
        slot = min(int((moment - begin) / whole * count), count - 1)
        known_m = found[slot]
        if known_m is None or depth_m > known_m:
            found[slot] = depth_m
    return tuple(found)
