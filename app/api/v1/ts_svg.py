"""The T-S diagram as SVG: points coloured by depth over lines of equal density.

Flagged points are hollow, points of unknown depth are grey.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

from flask import render_template

from app.api.v1.arrays import column
from app.api.v1.plot_frame import AxisRange, ColourBar, Frame
from app.domain import plot_style
from app.domain.plot_style import PlotChoice
from app.domain.records import Mission
from app.domain.sections import Cloud, Theme, cloud_notes, name_and_unit, number_text, title, variable_label

# Lines through so many temperatures look smooth at the size of the picture.
_STEPS = 48
_MOST_LINES = 8
# The width of a digit of a label, and its least distance from the axis, whose numbers would be read with it.
_LABEL_LETTER_PX, _LABEL_DISTANCE_PX = 5.5, 12
# Sorts before all levels of the colour map.
_UNKNOWN = -1


class Points(NamedTuple):
    """Salinity, temperature and depth of samples."""

    salinity: Sequence[float]
    temperature: Sequence[float]
    depth_m: Sequence[float]


class Isopycnal(NamedTuple):
    """A line of equal density: its path, and where its label ends. `text` is empty beside the numbers of the axis."""

    path: str
    x: float
    y: float
    text: str


def drawn(cloud: Cloud, label: str, mission: Mission, choice: PlotChoice) -> str:
    """The SVG. label: the mission's name for people."""
    good = Points(*(column(cloud.packed[name]) for name in Points._fields))
    shown = [good]
    if choice.quality == "all" and "flagged_salinity" in cloud.packed:
        shown.append(Points(*(column(cloud.packed[f"flagged_{name}"]) for name in Points._fields)))
    across, up = plot_style.usual_range(good.salinity), plot_style.usual_range(good.temperature)
    bar = _depth_bar(shown, choice.theme)
    outside = sum(not _is_inside(point, across, up) for points in shown for point in zip(*points[:2], strict=True))
    drawn_points = sum(len(points.salinity) for points in shown)
    share = f"{number_text(outside)} of {number_text(drawn_points)}"
    salinity = name_and_unit(variable_label(cloud.salinity_variable), cloud.salinity_unit)
    frame = Frame(
        title(label, cloud, mission),
        cloud_notes(cloud, choice.quality),
        AxisRange(*across, f"{salinity} · {share} points outside" if outside else salinity),
        AxisRange(*up, name_and_unit(variable_label(cloud.temperature_variable), cloud.temperature_unit)),
        bar,
        choice.theme,
        has_points=True,
    )
    squares, *hollow = [_squares(points, frame) for points in shown]
    rings = hollow[0] if hollow else ()
    lines = _isopycnals(cloud, frame)
    return render_template("plot.svg", frame=frame, squares=squares, rings=rings, isopycnals=lines)


def _is_inside(point: tuple[float, ...], across: tuple[float, float], up: tuple[float, float]) -> bool:
    return across[0] <= point[0] <= across[1] and up[0] <= point[1] <= up[1]


def _depth_bar(shown: Sequence[Points], theme: Theme) -> ColourBar | None:
    """The colours of the depths; None if no depth is known."""
    known_m = [depth_m for points in shown for depth_m in points.depth_m if isfinite(depth_m)]
    if not known_m:
        return None
    colour_map = plot_style.point_map(plot_style.DEPTH_MAP, theme)
    return ColourBar((0.0, max(*known_m, 1.0)), "Depth (m)", colour_map)


def _squares(points: Points, frame: Frame) -> list[tuple[str, str]]:
    """The points as one path for each colour: (colour, path). Those of unknown depth lie below the others."""
    bar, neutral = frame.bar, frame.inks[2]
    paths: defaultdict[int, list[str]] = defaultdict(list)
    for salinity, temperature, depth_m in zip(*points, strict=True):
        level = bar.level(depth_m) if bar and isfinite(depth_m) else _UNKNOWN
        paths[level].append(f"M{frame.x.x(salinity) - 1.5:.1f} {frame.y.y(temperature) - 1.5:.1f}h3v3h-3z")
    return [
        (bar.colour(level) if bar and level != _UNKNOWN else neutral, "".join(path))
        for level, path in sorted(paths.items())
    ]


def _isopycnals(cloud: Cloud, frame: Frame) -> list[Isopycnal]:
    """Lines of round densities within the axes, from the stored grid; none without one."""
    if "sigma0" not in cloud.packed:
        return []
    salinity, temperature, sigma0 = (
        column(cloud.packed[name]) for name in ("density_salinity", "density_temperature", "sigma0")
    )
    fresh, salty = max(frame.x.low, salinity[0]), min(frame.x.high, salinity[-1])
    cold, warm = max(frame.y.low, temperature[0]), min(frame.y.high, temperature[-1])
    if fresh >= salty or cold >= warm:
        return []
    rows = [sigma0[first : first + len(salinity)] for first in range(0, len(sigma0), len(salinity))]
    levels = [cold + (warm - cold) * step / _STEPS for step in range(_STEPS + 1)]
    between = [(each, _row_at(temperature, rows, each)) for each in levels]
    seen = [_value_at(salinity, row, edge) for _, row in between for edge in (fresh, salty)]
    lines = []
    for density, text in plot_style.number_ticks(min(seen), max(seen), _MOST_LINES):
        line = list(_line(density, salinity, between, frame))
        if len(line) > 2:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
            x, y = _label(line)
            is_clear = x - len(text) * _LABEL_LETTER_PX >= plot_style.LEFT + _LABEL_DISTANCE_PX
            lines.append(Isopycnal(path, x, y, text if is_clear else ""))
    return lines


def _row_at(temperature: Sequence[float], rows: Sequence[Sequence[float]], at: float) -> list[float]:
    """The densities at a temperature between two rows of the grid."""
    above, share = _place(temperature, at)
    return [low + (high - low) * share for low, high in zip(rows[above - 1], rows[above], strict=True)]


def _value_at(salinity: Sequence[float], row: Sequence[float], at: float) -> float:
    """The density at a salinity between two columns of the grid."""
    above, share = _place(salinity, at)
    return row[above - 1] + (row[above] - row[above - 1]) * share


def _place(axis: Sequence[float], at: float) -> tuple[int, float]:
    """The place of a value on an axis: the index of the value above it, and the share of the step before that."""
    above = min(max(bisect_right(axis, at), 1), len(axis) - 1)
    return above, (at - axis[above - 1]) / (axis[above] - axis[above - 1])


def _line(
    density: float, salinity: Sequence[float], between: Iterable[tuple[float, list[float]]], frame: Frame
) -> Iterable[tuple[float, float]]:
    for temperature, row in between:
        above = bisect_right(row, density)
        if 0 < above < len(row) and row[above] > row[above - 1]:
            share = (density - row[above - 1]) / (row[above] - row[above - 1])
            at = salinity[above - 1] + (salinity[above] - salinity[above - 1]) * share
            if frame.x.low <= at <= frame.x.high:
                yield frame.x.x(at), frame.y.y(temperature)


def _label(line: Sequence[tuple[float, float]]) -> tuple[float, float]:
    x, y = line[-1]
    return round(x - 3, 1), round(y + 11, 1)
