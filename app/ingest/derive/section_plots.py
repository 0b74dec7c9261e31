"""Pictures of sections as PNG in three sizes. A web worker replaces the palette for another theme.

matplotlib draws axes and texts in greys; the cells are painted here, so that each has exactly the colour of its value.
"""

import unicodedata
import warnings
from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns, indexed_png, plot_style
from app.domain.plot_style import BAR, BOTTOM, COLOURS, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale
from app.domain.records import LonLat, Mission
from app.domain.sections import (
    Cloud,
    Section,
    Theme,
    cloud_notes,
    legend,
    name_and_unit,
    number_text,
    title,
    variable_label,
)
from app.ingest.derive import seawater

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pixels = NDArray[np.uint8]
Pictures = dict[Scale, bytes]
# Paints what matplotlib does not draw into the pixels of a scale.
Paint = Callable[[Pixels, Scale], None]

# Pixels an inch at scale 1.
_DPI = 100
_LONGEST = 118
# The least part of both axes over which lines of equal density are drawn.
_LEAST_DENSITY_SHARE = 0.05
# Lines through so many values along each axis look smooth at the size of the picture.
_DENSITY_GRID_SIZE = 60
# More than the 3:1 that graphics need, because the ends of a part are rounded to a colour of the whole map.
_POINT_CONTRAST = 3.1
# The side of a point of a T-S diagram, in units of the picture's size.
_POINT = 3
# Labels of days are 70 units wide.
_MOST_TIMES = 7


def section(section: Section, label: str, mission: Mission) -> Pictures:
    """The section or series in each scale, along time. label: the mission's name for people, drawn as plain text."""
    packed = {name: np.asarray(columns.decoded(col["data"], col["dtype"])) for name, col in section.packed.items()}
    name = name_and_unit(variable_label(section.variable), section.unit)
    note = legend(section.flagged, "good", "")
    figure = _Chrome(title(label, section, mission), [note] if note else [])
    if section.kind == "series":
        _series(figure, section, packed, name)
        return figure.pictures(_palette(section))
    start, end = _span(packed)
    axes = figure.axes((start, end), (section.bottom_m, 0.0), "Depth (m)")
    _dated(axes)
    figure.bar(section.limits, name)
    cells = packed["values"].reshape(section.rows, section.columns).astype(np.float64)
    level = np.where(np.isfinite(cells), levels(np.nan_to_num(cells), section.limits), 255).astype(np.uint8)

    def paint(pixels: Pixels, scale: Scale) -> None:
        top, bottom, right = TOP * scale, BOTTOM * scale, RIGHT * scale
        row = ((np.arange(bottom - top) + 0.5) / (bottom - top) * section.rows).astype(np.intp)
        from_x, to_x = (_across(packed[key], start, end, scale) for key in ("from_ms", "to_ms"))
        for column in range(section.columns):
            # A single profile in a long mission is narrower than a pixel and must still be visible.
            left = min(int(from_x[column]), right - 1)
            part = pixels[top:bottom, left : max(int(to_x[column]), left + 1)]
            painted = level[row, column][:, None]
            np.copyto(part, painted, where=painted != 255)

    return figure.pictures(_palette(section), paint)


def cloud(cloud: Cloud, label: str, mission: Mission) -> Pictures:
    """The T-S diagram in each scale: points coloured by depth over lines of equal potential density.

    Points of unknown depth are grey.
    """
    packed = {name: np.asarray(columns.decoded(col["data"], col["dtype"])) for name, col in cloud.packed.items()}
    salinity, temperature, depth_m = (
        packed[name].astype(np.float64) for name in ("salinity", "temperature", "depth_m")
    )
    figure = _Chrome(title(label, cloud, mission), cloud_notes(cloud, "good"))
    across, up = plot_style.usual_range(salinity.tolist()), plot_style.usual_range(temperature.tolist())
    inside = (salinity >= across[0]) & (salinity <= across[1]) & (temperature >= up[0]) & (temperature <= up[1])
    share = f"{number_text(int(np.count_nonzero(~inside)))} of {number_text(inside.size)}"
    outside = f" · {share} points outside" if not inside.all() else ""
    axes = figure.axes(across, up, name_and_unit(variable_label(cloud.temperature_variable), cloud.temperature_unit))
    axes.set_xlabel(
        name_and_unit(variable_label(cloud.salinity_variable), cloud.salinity_unit) + outside, parse_math=False
    )
    if seawater.has_expected_units(cloud.salinity_unit, cloud.temperature_unit):
        _isopycnals(axes, seawater.density_grid(across, up, _position(cloud), _DENSITY_GRID_SIZE))
    is_known = np.isfinite(depth_m)
    limits = (0.0, max(float(depth_m[is_known].max(initial=0.0)), 1.0))
    if is_known.any():
        figure.bar(limits, "Depth (m)")
    level = np.where(is_known, levels(np.nan_to_num(depth_m), limits), plot_style.NEUTRAL).astype(np.uint8)
    x_share = (salinity - across[0]) / (across[1] - across[0])
    y_share = (temperature - up[0]) / (up[1] - up[0])

    def paint(pixels: Pixels, scale: Scale) -> None:
        left, right, top, bottom = LEFT * scale, RIGHT * scale, TOP * scale, BOTTOM * scale
        x, y = (left + x_share * (right - left)).astype(np.intp), (bottom - y_share * (bottom - top)).astype(np.intp)
        offsets = range(-(_POINT * scale // 2), _POINT * scale - _POINT * scale // 2)
        # Points of unknown depth lie below the others.
        for points in (inside & ~is_known, inside & is_known):
            for right_by, down_by in product(offsets, offsets):
                row, column = np.clip(y + down_by, top, bottom - 1), np.clip(x + right_by, left, right - 1)
                pixels[row[points], column[points]] = level[points]

    return figure.pictures(plot_style.cloud_palette("light"), paint)


def _isopycnals(axes: "Axes", grid: seawater.DensityGrid | None) -> None:
    if grid is None or np.ptp(grid.sigma0) <= 0:
        return
    spans = np.ptp(grid.salinity) / np.ptp(axes.get_xlim()), np.ptp(grid.temperature_c) / np.ptp(axes.get_ylim())
    # Beside values that no sea has, the lines would be shorter than a label, which matplotlib cannot place.
    if min(spans) >= _LEAST_DENSITY_SHARE:
        lines = axes.contour(grid.salinity, grid.temperature_c, grid.sigma0, levels=8, colors="#999999", linewidths=0.8)
        axes.clabel(lines, fontsize=8, fmt="%g")


def _position(cloud: Cloud) -> LonLat | None:
    return None if cloud.lon_deg is None or cloud.lat_deg is None else (cloud.lon_deg, cloud.lat_deg)


def _palette(section: Section) -> bytes:
    return table(section.colour_map).tobytes() + plot_style.shades("light")


def levels(values: NDArray[np.float64], limits: tuple[float, float]) -> Pixels:
    """The index of the colour of each value, 0 to 63; values beyond the limits have that of the limit."""
    low, high = limits
    return np.clip((values - low) / (high - low) * COLOURS, 0, COLOURS - 1).astype(np.uint8)


def table(colour_map: str, part: tuple[float, float] = (0.0, 1.0)) -> NDArray[np.uint8]:
    """The colours of one of cmocean's maps, or of a part of it: (64, 3), red, green, blue."""
    from cmocean import cm

    steps = part[0] + (part[1] - part[0]) * (np.arange(COLOURS) + 0.5) / COLOURS
    colours: NDArray[np.uint8] = np.round(np.asarray(getattr(cm, colour_map)(steps))[:, :3] * 255).astype(np.uint8)
    return colours


def point_table(colour_map: str, theme: Theme) -> NDArray[np.uint8]:
    """The colours of the part of a map from dark to light, or from light to dark, that suits points on a theme."""
    ground = np.asarray(plot_style.POINT_GROUNDS[theme], dtype=np.uint8)
    contrasts = contrast(table(colour_map), ground)
    (suitable,) = np.nonzero(contrasts >= _POINT_CONTRAST)
    return table(colour_map, (float(suitable[0]) / COLOURS, float(suitable[-1] + 1) / COLOURS))


def contrast(colours: NDArray[np.uint8], ground: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The contrast of colours (n, 3) to a ground (3,), 1 to 21: (n,). Source: WCAG 2.2, relative luminance."""
    one, other = _luminance(colours) + 0.05, _luminance(ground) + 0.05
    return np.maximum(one, other) / np.minimum(one, other)


def _luminance(colours: NDArray[np.uint8]) -> NDArray[np.float64]:
    share = colours / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]), dtype=np.float64)


class _Chrome:
    """A figure whose axes and texts matplotlib draws, black on white."""

    def __init__(self, title: str, notes: Sequence[str]) -> None:
        # Imported here, because it takes half a second that only drawing needs.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor="white")
        self.canvas: Any = FigureCanvasAgg(self.figure)
        self.has_bar = False
        title_y = plot_style.title_y(len(notes))
        self.figure.text(LEFT / WIDTH, 1 - title_y / HEIGHT, _printable(title), fontsize=9, parse_math=False)
        for line, note in enumerate(notes):
            y = plot_style.note_y(line, len(notes))
            self.figure.text(LEFT / WIDTH, 1 - y / HEIGHT, note, fontsize=7, parse_math=False)

    def axes(self, across: tuple[float, float], up: tuple[float, float], name: str) -> "Axes":
        """Axes over the area of the cells."""
        axes = self._axes_between(LEFT, RIGHT)
        axes.set_xlim(*across)
        axes.set_ylim(*up)
        axes.set_ylabel(_printable(name), fontsize=9, parse_math=False)
        return axes

    def bar(self, limits: tuple[float, float], name: str) -> None:
        """The colour bar, with round ticks."""
        # A fixed position for the label: matplotlib would move it out of the picture for long numbers.
        self.has_bar = True
        axes = self._axes_between(*BAR)
        axes.set_ylim(*limits)
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.set_yticks([tick for tick in axes.get_yticks() if limits[0] <= tick <= limits[1]])
        axes.yaxis.set_label_position("right")
        axes.yaxis.set_label_coords((WIDTH - 18 - BAR[0]) / (BAR[1] - BAR[0]), 0.5)
        axes.set_ylabel(_printable(name), fontsize=9, parse_math=False)

    def pictures(self, palette: bytes, paint: Paint | None = None) -> Pictures:
        """The figure in each scale as PNG; the palette has the colours of a map, then the shades of the light theme."""
        pictures: Pictures = {}
        for scale in plot_style.SCALES:
            pixels = self._drawn(scale)
            if paint is not None:
                area = pixels[TOP * scale : BOTTOM * scale, LEFT * scale : RIGHT * scale]
                area += np.uint8(plot_style.GREYS)
                paint(pixels, scale)
            pictures[scale] = _png(pixels, palette)
        return pictures

    def _drawn(self, scale: Scale) -> Pixels:
        """The figure as indexes of the palette: greys, and the colours of the bar if there is one."""
        self.figure.set_dpi(_DPI * scale)
        with warnings.catch_warnings():
            # Texts of files may contain letters that the font lacks; an empty box replaces them.
            warnings.filterwarnings("ignore", message="Glyph")
            self.canvas.draw()
        # Everything is drawn in greys: one channel has them all.
        shades = np.round(np.arange(255, -1, -1) / 255 * (plot_style.GREYS - 1)).astype(np.uint8) + np.uint8(COLOURS)
        pixels: Pixels = shades[np.asarray(self.canvas.buffer_rgba())[:, :, 0]]
        if self.has_bar:
            height = (BOTTOM - TOP) * scale
            bar = COLOURS - 1 - (np.arange(height) * COLOURS // height)
            pixels[TOP * scale : BOTTOM * scale, BAR[0] * scale : BAR[1] * scale] = bar[:, None]
        return pixels

    def _axes_between(self, left: int, right: int) -> "Axes":
        box = (left / WIDTH, 1 - BOTTOM / HEIGHT, (right - left) / WIDTH, (BOTTOM - TOP) / HEIGHT)
        axes = self.figure.add_axes(box)
        axes.tick_params(labelsize=8)
        return axes


def _series(figure: _Chrome, section: Section, packed: dict[str, Any], name: str) -> None:
    axes = figure.axes(_span(packed), plot_style.series_range(section.span), name)
    _dated(axes)
    axes.fill_between(packed["mid_ms"], packed["low"], packed["high"], color="#cccccc", linewidth=0)
    axes.plot(packed["mid_ms"], packed["values"], color="black", linewidth=1.2, marker=".", markersize=2)


def _png(pixels: Pixels, palette: bytes) -> bytes:
    height, width = pixels.shape
    rows = np.full((height, width + 1), indexed_png.FILTER_UP, dtype=np.uint8)
    rows[0, 1:] = pixels[0]
    # Differences of bytes are taken modulo 256.
    np.subtract(pixels[1:], pixels[:-1], out=rows[1:, 1:])
    return indexed_png.assembled(width, height, palette, rows.tobytes())


def _span(packed: dict[str, Any]) -> tuple[float, float]:
    return float(packed["from_ms"][0]), float(packed["to_ms"][-1])


def _across(time_ms: NDArray[Any], start: float, end: float, scale: Scale) -> NDArray[np.intp]:
    left, right = LEFT * scale, RIGHT * scale
    return np.round(left + (time_ms - start) / (end - start) * (right - left)).astype(np.intp)


def _dated(axes: "Axes") -> None:
    """Ticks at round UTC times on an axis of milliseconds."""
    ticks = plot_style.time_ticks(*axes.get_xlim(), _MOST_TIMES)
    axes.set_xticks([time_ms for time_ms, _ in ticks])
    axes.set_xticklabels([text for _, text in ticks])
    axes.set_xlabel("Time (UTC)", fontsize=9)


def _printable(text: str) -> str:
    """The text on one line, without control characters, which could reverse the order of letters."""
    printable = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
    one_line = " ".join(printable.split())
    return one_line if len(one_line) <= _LONGEST else one_line[: _LONGEST - 1] + "…"
