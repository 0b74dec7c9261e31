"""A section or a series as SVG, drawn from its stored means: along time or distance, with good or with all values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from typing import Any

from flask import render_template

from app.api.v1 import plot_frame
from app.api.v1.arrays import column, column_names, flagged_cells
from app.api.v1.plot_frame import TRANSPARENT, AxisRange, ColourBar, Frame
from app.domain import plot_style
from app.domain.plot_style import LEFT, RIGHT, Axis, PlotChoice
from app.domain.quality_flags import Quality
from app.domain.records import Mission
from app.domain.sections import Section, legend, name_and_unit, title, variable_label
from app.errors import NotFound

# Pixels of the raster of cells for one unit of the picture: columns begin and end within half a pixel of a screen.
_FINE = 2
_BYTES = [bytes([value]) for value in range(256)]


@dataclass(frozen=True, slots=True)
class _Columns:
    """Begins, middles and ends of the columns along the chosen axis."""

    begins: Sequence[float]
    middles: Sequence[float]
    ends: Sequence[float]
    axis: AxisRange


def drawn(section: Section, label: str, mission: Mission, choice: PlotChoice) -> str:
    """The SVG. label: the mission's name for people. Raises NotFound for a distance that is not known."""
    along = _columns(section, choice.axis)
    heading, name = title(label, section, mission), name_and_unit(variable_label(section.variable), section.unit)
    if section.kind == "series":
        notes = _notes(section, choice.quality, "hollow points")
        up = AxisRange(*plot_style.series_range(_span(section, choice.quality)), name)
        frame = Frame(heading, notes, along.axis, up, None, choice.theme)
        return render_template("plot.svg", frame=frame, **_series(section, along, frame, choice.quality))
    bar = ColourBar(section.limits, name, section.colour_map)
    notes = _notes(section, choice.quality, "striped cells")
    depth = AxisRange(0.0, section.bottom_m, "Depth (m)", is_down=True)
    frame = Frame(heading, notes, along.axis, depth, bar, choice.theme)
    return render_template("plot.svg", frame=frame, cells=_cells(section, along, bar, choice.quality))


def _notes(section: Section, quality: Quality, mark: str) -> list[str]:
    note = legend(section.flagged, quality, mark)
    return [note] if note else []


def _columns(section: Section, axis: Axis) -> _Columns:
    if axis == "distance":
        if "mid_m" not in section.packed:
            raise NotFound(
                f"No positions of mission {section.mission} of {section.platform} give a distance along its track, "
                "so that its plots have an axis of time only."
            )
        begins, middles, ends = (
            [m / 1000 for m in column(section.packed[name])] for name in ("from_m", "mid_m", "to_m")
        )
        text = "Distance along the track (km)"
    else:
        begins, middles, ends = (
            [float(ms) for ms in column(section.packed[name])] for name in ("from_ms", "mid_ms", "to_ms")
        )
        text = "Time (UTC)"
    return _Columns(begins, middles, ends, AxisRange(begins[0], ends[-1], text, is_time=axis == "time"))


def _cells(section: Section, along: _Columns, bar: ColourBar, quality: Quality) -> str:
    """The address of a picture of the cells. A cell of flagged values only is striped: its lower half is empty."""
    values = column(section.packed[column_names(section, quality)["values"]])
    levels = [bar.level(value) for value in values]
    flagged = set(flagged_cells(section, quality))
    parts = list(_parts(along, (RIGHT - LEFT) * _FINE))
    lines: list[list[int]] = []
    for first in range(0, len(levels), section.columns):
        lines.append([TRANSPARENT if i is None else levels[first + i] for i, _ in parts])
        if flagged:
            hidden = (i is None or first + i in flagged for i, _ in parts)
            lines.append([TRANSPARENT if each else level for each, level in zip(hidden, lines[-1], strict=True)])
    return plot_frame.picture((RIGHT - LEFT) * _FINE, bar.colour_map, _filtered(lines, [width for _, width in parts]))


def _parts(along: _Columns, width: int) -> Iterator[tuple[int | None, int]]:
    """Columns and gaps (None) from left to right with their widths in pixels; a column has at least one."""
    low, high = along.axis.low, along.axis.high
    at = 0
    for i, (begin, end) in enumerate(zip(along.begins, along.ends, strict=True)):
        left, right = (round((place - low) / (high - low) * width) for place in (begin, end))
        left = max(left, at)
        right = min(max(right, left + 1), width)
        if right <= left:
            continue
        if left > at:
            yield None, left - at
        yield i, right - left
        at = right
    if at < width:
        yield None, width - at


def _filtered(lines: Sequence[Sequence[int]], widths: Sequence[int]) -> Iterator[bytes]:
    """The rows of a PNG: each index less the one above, for as many pixels as its part is wide."""
    above: Sequence[int] = [0] * len(widths)
    for line in lines:
        differences = ((index - upper) & 255 for index, upper in zip(line, above, strict=True))
        yield b"\2" + b"".join(_BYTES[each] * width for each, width in zip(differences, widths, strict=True))
        above = line


def _span(section: Section, quality: Quality) -> tuple[float, float]:
    names = column_names(section, quality)
    low, high = (filter(isfinite, column(section.packed[names[name]])) for name in ("low", "high"))
    return min(low), max(high)


def _series(section: Section, along: _Columns, frame: Frame, quality: Quality) -> dict[str, Any]:
    """The paths of line and band, and the hollow points where all values are flagged."""
    names = column_names(section, quality)
    values, low, high = (column(section.packed[names[name]]) for name in ("values", "low", "high"))
    at_x = [round(frame.x.x(middle), 1) for middle in along.middles]
    line, band = [], []
    for is_filled, run in groupby(range(len(at_x)), key=lambda i: isfinite(values[i])):
        if is_filled:
            columns = list(run)
            # A line of no length is drawn as a dot, for a single value between gaps.
            line.append("M" + "L".join(f"{at_x[i]} {frame.y.y(values[i]):.1f}" for i in columns) + "h0")
            edge = [(i, high) for i in columns] + [(i, low) for i in reversed(columns)]
            band.append("M" + "L".join(f"{at_x[i]} {frame.y.y(bound[i]):.1f}" for i, bound in edge) + "z")
    hollow = [(at_x[i], round(frame.y.y(values[i]), 1)) for i in flagged_cells(section, quality)]
    return {"line": "".join(line), "band": "".join(band), "hollow": hollow}
