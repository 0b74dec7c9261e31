"""Group samples into profiles. Importers only: needs numpy."""

import numpy as np
from numpy.typing import NDArray

from app.domain.geodesy import step_lengths_m

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# No profile has a pause of six hours: a number that occurs again later is another profile.
REPEAT_GAP_MS = 6 * 3600 * 1000

# A numbering that begins again has profiles of several samples each. With more runs of equal numbers than a mission has
# profiles, samples of several profiles alternate.
_LEAST_RUN, _MOST_RUNS = 3, 100_000

# Gliders make 0.5 m/s and currents 2 m/s; a higher speed between profiles means a bad fix.
MAX_SPEED_M_S = 3.0


def numbers_of(raw: Floats) -> Ints:
    """Profile numbers, 0 for samples outside profiles: half numbers mark turns, 0 and below transits."""
    whole = np.isfinite(raw) & (raw >= 1) & (raw == np.floor(raw)) & (raw < 2**53)
    return np.where(whole, raw, 0).astype(np.int64)


def identified(number: Ints, time_ms: Ints) -> NDArray[np.intp]:
    """Index of each sample's profile: 0, 1, 2, … in the order of their first samples; -1 outside profiles.

    number: (n,) from `numbers_of`; time_ms: (n,), both in time order. Numbers repeat in real files: if the time is
    constant within a profile, a profile is a pair of number and time; otherwise a gap of six hours splits a number, and
    so does a numbering that begins again.
    """
    group = np.full(number.size, -1, dtype=np.intp)
    inside = np.flatnonzero(number > 0)
    if inside.size == 0:
        return group
    is_constant = _time_is_constant(number[inside], time_ms[inside])
    limit_ms = 0 if is_constant else REPEAT_GAP_MS
    numbering = np.zeros(inside.size, dtype=np.int64) if is_constant else _numberings(number[inside])
    by_key = np.lexsort((time_ms[inside], number[inside], numbering))
    order = inside[by_key]
    n, t, begun = number[order], time_ms[order], numbering[by_key]
    starts = np.concatenate(([True], (np.diff(n) != 0) | (np.diff(begun) != 0) | (np.diff(t) > limit_ms)))
    by_number = np.cumsum(starts) - 1
    first = order[starts]
    rank = np.empty(first.size, dtype=np.intp)
    rank[np.argsort(first, kind="stable")] = np.arange(first.size)
    group[order] = rank[by_number]
    return group


def _numberings(number: Ints) -> Ints:
    """How often the numbering has begun again before each sample: (n,) for (n,) numbers of profiles in time order.

    It begins again where a number that occurred before returns for several samples and the next number is also one that
    occurred before. A single stray number, or samples of two profiles that alternate, do not begin a numbering.
    """
    begun = np.zeros(number.size, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], np.diff(number) != 0)))
    if starts.size == np.unique(number).size or starts.size > _MOST_RUNS:
        return begun
    lengths = np.diff(np.append(starts, number.size))
    long = np.flatnonzero(lengths >= _LEAST_RUN)
    values = number[starts[long]].tolist()
    seen: set[int] = set()
    for i, value in enumerate(values):
        following = values[i + 1] if i + 1 < len(values) else None
        if value in seen and i and values[i - 1] > value and (following is None or following in seen):
            begun[starts[long[i]] :] += 1
            seen.clear()
        seen.add(value)
    return begun


def _time_is_constant(number: Ints, time_ms: Ints) -> bool:
    """True if samples carry their profile's time instead of their own, judged by runs of equal numbers.

    Most runs then have a single time; two profiles of equal number in a row make a run of two or three times. Sensors
    with a clock of whole seconds also repeat times, but a run of theirs has many times.
    """
    starts = np.flatnonzero(np.concatenate(([True], np.diff(number) != 0)))
    ends = np.concatenate((starts[1:], [number.size]))
    long = ends - starts > 1
    if not long.any():
        return False
    steps = np.concatenate(([0], np.cumsum(np.diff(time_ms) != 0)))
    times = (steps[ends - 1] - steps[starts] + 1)[long]
    return bool(np.median(times) == 1 and np.mean(times <= 3) >= 0.9)


def directions(depth_m: Floats, group: NDArray[np.intp], groups: int) -> NDArray[np.int8]:
    """1 down, -1 up, 0 unknown for each profile: by the change from its first to its last finite depth."""
    finite = np.flatnonzero(np.isfinite(depth_m) & (group >= 0))
    first, last = np.full(groups, np.nan), np.full(groups, np.nan)
    first[group[finite[::-1]]] = depth_m[finite[::-1]]
    last[group[finite]] = depth_m[finite]
    signs: NDArray[np.int8] = np.nan_to_num(np.sign(last - first), nan=0.0).astype(np.int8)
    return signs


def too_fast(lon: Floats, lat: Floats, mid_ms: Ints, max_speed_m_s: float = MAX_SPEED_M_S) -> NDArray[np.bool_]:
    """True for positions that need an impossible speed. lon, lat, mid_ms: (n,) in time order, no NaN.

    The longest run without such a step is accepted. From its ends outwards, a position is flagged if it is too far
    from the last accepted one. Speeds use mid times: between first samples, true steps would be flagged.
    """
    n = lon.size
    flagged = np.zeros(n, dtype=bool)
    if n < 2:
        return flagged
    fast = _too_far(step_lengths_m(lon, lat), np.diff(mid_ms), max_speed_m_s)
    if not fast.any():
        return flagged
    edges = np.concatenate(([0], np.flatnonzero(fast) + 1, [n]))
    longest = int(np.argmax(np.diff(edges)))
    start, end = int(edges[longest]), int(edges[longest + 1])
    for indexes in (range(end, n), range(start - 1, -1, -1)):
        last = end - 1 if indexes.step > 0 else start
        for i in indexes:
            pair = np.array([last, i])
            if _too_far(step_lengths_m(lon[pair], lat[pair]), np.abs(np.diff(mid_ms[pair])), max_speed_m_s)[0]:
                flagged[i] = True
            else:
                last = i
    return flagged


def _too_far(length_m: Floats, elapsed_ms: Ints, max_speed_m_s: float) -> NDArray[np.bool_]:
    # Time stamps are accurate to a second at best: two profiles at one time may lie 3 m apart.
    return length_m > max_speed_m_s * np.maximum(elapsed_ms / 1000.0, 1.0)
