"""The number of users of a load shape over time: plain arithmetic, no Locust.

A shape is a list of corners (seconds since start, users); between corners the number of users is interpolated linearly.
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable

Corners = list[tuple[float, float]]


@dataclasses.dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that the operator can set for a run. None selects the shape's default."""

    users: int | None = None
    duration_s: float | None = None
    steps: int | None = None
    step_s: float | None = None
    step_users: int | None = None
    spike_factor: int | None = None
    spike_rise_s: float | None = None
    spike_s: float | None = None


def or_default(value: float | None, default: float) -> float:
    return default if value is None else value


def _level(sizes: Sizes, users: int, duration_s: float) -> Corners:
    users_n, end_s = or_default(sizes.users, users), or_default(sizes.duration_s, duration_s)
    # Starting all users at once would measure the connection setup of the first second, not the service.
    ramp_s = min(5.0, end_s / 4)
    return [(0, min(1, users_n)), (ramp_s, users_n), (end_s, users_n)]


def smoke(sizes: Sizes) -> Corners:
    """Few users for a minute: checks that every route works and is fast."""
    return _level(sizes, users=10, duration_s=60)


def steady(sizes: Sizes) -> Corners:
    """The expected peak load for 15 minutes."""
    return _level(sizes, users=40, duration_s=900)


def soak(sizes: Sizes) -> Corners:
    """Half the expected peak for two hours: shows memory that grows, connections that leak, tables that fill."""
    return _level(sizes, users=20, duration_s=7200)


def rollout(sizes: Sizes) -> Corners:
    """A constant number of users while pods are replaced."""
    return _level(sizes, users=40, duration_s=120)


def stairs(sizes: Sizes) -> Corners:
    """Equal steps upward: shows where latency rises and whether replicas follow."""
    steps, step_s = int(or_default(sizes.steps, 10)), or_default(sizes.step_s, 120)
    step_users = or_default(sizes.step_users, 8)
    levels = [[(n * step_s, (n + 1) * step_users), ((n + 1) * step_s, (n + 1) * step_users)] for n in range(steps)]
    return list(itertools.chain.from_iterable(levels))


def spike(sizes: Sizes) -> Corners:
    """A base level, a steep rise to a multiple of it, a plateau, and the same time to recover."""
    users, factor = or_default(sizes.users, 10), or_default(sizes.spike_factor, 10)
    rise_s, plateau_s = or_default(sizes.spike_rise_s, 30), or_default(sizes.spike_s, 180)
    top_at, fall_at = 2 * rise_s, 2 * rise_s + plateau_s
    return [
        (0, users),
        (rise_s, users),
        (top_at, users * factor),
        (fall_at, users * factor),
        (fall_at + rise_s, users),
        (fall_at + rise_s + plateau_s, users),
    ]


SHAPES = {shape.__name__: shape for shape in (smoke, steady, soak, rollout, stairs, spike)}


def users(shape: str, sizes: Sizes) -> Callable[[float], int | None]:
    """Return the function of a shape from elapsed seconds to users."""
    return functools.partial(users_at, SHAPES[shape](sizes))


def users_at(corners: Corners, elapsed_s: float) -> int | None:
    """Return the number of users at a time; None when the shape is over."""
    for (from_s, before), (to_s, after) in itertools.pairwise(corners):
        if from_s <= elapsed_s < to_s:
            return round(before + (after - before) * (elapsed_s - from_s) / (to_s - from_s))
    return None
