"""Small charts as numbers that templates write into SVG attributes; this module makes no markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.depth_envelope import deepest
from app.domain.records import Track

# A bar narrower than a pixel is invisible.
_PLOT_BARS = 400
# In a chart of shallower profiles, the waves at the surface would fill the picture.
_SHALLOWEST_M = 10.0
_TICK_STEPS_M = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)
_TICK_STEPS = tuple(timedelta(hours=h) for h in (1, 3, 6, 12, 24, 48, 120, 240, 480, 960, 1920, 4800, 9600))
_MOST_TICKS = 6
# No sea is deeper; an axis must end even if a stored depth is wrong.
_DEEPEST_M = 12_000


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick of an axis: its position as a share of the length (0..1), and its label."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Depths:
    """Profiles as bars hanging from the surface: (left, width, height), shares (0..1) of the picture.

    Times lie between the first and the last profile, depths between 0 and `bottom_m`.
    """

    bars: tuple[tuple[float, float, float], ...]
    bottom_m: float
    start_at: datetime
    end_at: datetime
    time_ticks: tuple[Tick, ...]
    depth_ticks: tuple[Tick, ...]

    def path(self, left: float, top: float, width: float, height: float) -> str:
        """The bars within this rectangle, as attribute `d` of an SVG path."""
        return _path(self.bars, left, top, width, height)


def spark(deepest_m: Sequence[float | None]) -> str:
    """The bars of a card, 300 wide and 42 high, as attribute `d` of an SVG path; empty without any depth."""
    bottom_m = max((depth_m for depth_m in deepest_m if depth_m is not None), default=0.0)
    return _path(_bars(deepest_m, max(bottom_m, _SHALLOWEST_M)), 0, 1, 300, 42) if bottom_m > 0 else ""


def _path(bars: Sequence[tuple[float, float, float]], left: float, top: float, width: float, height: float) -> str:
    # In Python, because a template takes ten times as long for hundreds of bars.
    return "".join(
        f"M{left + at * width:.1f} {top:g}h{wide * width:.2f}v{deep * height:.1f}h-{wide * width:.2f}z"
        for at, wide, deep in bars
    )


def depths(track: Track | None) -> Depths | None:
    """The depth of each profile over time, with axes; None without profiles."""
    if track is None or not track.mid_at:
        return None
    deepest_m = min(max(track.max_depth_m), _DEEPEST_M)
    step_m = next((s for s in _TICK_STEPS_M if deepest_m / s <= _MOST_TICKS), _TICK_STEPS_M[-1])
    bottom_m = max(-(-deepest_m // step_m) * step_m, step_m)
    return Depths(
        bars=_bars(deepest(track.mid_at, track.max_depth_m, _PLOT_BARS), bottom_m),
        bottom_m=bottom_m,
        start_at=track.mid_at[0],
        end_at=track.mid_at[-1],
        time_ticks=_time_ticks(track.mid_at[0], track.mid_at[-1]),
        depth_ticks=tuple(Tick(m / bottom_m, f"{m:g}") for m in _steps(step_m, bottom_m)),
    )


def _bars(deepest_m: Sequence[float | None], bottom_m: float) -> tuple[tuple[float, float, float], ...]:
    """A bar for each interval of time that has a profile."""
    if bottom_m <= 0:
        return ()
    count = len(deepest_m)
    width = round(0.82 / max(count, 1), 5)
    return tuple(
        (round(interval / count, 5), width, round(min(depth_m / bottom_m, 1.0), 4))
        for interval, depth_m in enumerate(deepest_m)
        if depth_m is not None
    )


def _steps(step_m: float, bottom_m: float) -> list[float]:
    return [i * step_m for i in range(int(bottom_m / step_m) + 1)]


def _time_ticks(start_at: datetime, end_at: datetime) -> tuple[Tick, ...]:
    duration = (end_at - start_at) or timedelta(seconds=1)
    step = next((s for s in _TICK_STEPS if duration / s <= _MOST_TICKS), _TICK_STEPS[-1])
    midnight = start_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = -(-(start_at - midnight) // step)
    marks = [midnight + step * (first + i) for i in range(_MOST_TICKS + 1)]
    return tuple(
        Tick(round((m - start_at) / duration, 4), m.strftime("%H:%M" if m.hour else "%d %b"))
        for m in marks
        if m <= end_at
    )
