"""The deepest depth per time bin: the outline of a mission's dives for small pictures."""

from collections.abc import Sequence
from datetime import datetime, timedelta

# With fewer bins, a picture of few profiles would show one wide block.
_FEWEST_BINS = 8


def deepest(at: Sequence[datetime], depths_m: Sequence[float], most: int) -> tuple[float | None, ...]:
    """The depth of the deepest profile in each time bin, m; None in an empty bin. Empty without profiles.

    At most `most` bins of equal length, from the first time to the last. at: in any order, because the mid times of
    profiles that overlap are not in the order of their starts; depths_m: same length.
    """
    if not at:
        return ()
    count = max(min(most, len(at)), _FEWEST_BINS)
    begin = min(at)
    duration = (max(at) - begin) or timedelta(seconds=1)
    envelope: list[float | None] = [None] * count
    for moment, depth_m in zip(at, depths_m, strict=True):
        index = min(int((moment - begin) / duration * count), count - 1)
        deepest_m = envelope[index]
        if deepest_m is None or depth_m > deepest_m:
            envelope[index] = depth_m
    return tuple(envelope)
