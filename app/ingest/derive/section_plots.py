"""Pictures of sections as PNG, light and dark: the same pixels with two palettes.

matplotlib draws axes and texts in greys; the cells are painted here, so that each has exactly the colour of its value.
"""

import io
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.domain import columns
from app.domain.records import LonLat
from app.domain.sections import Cloud, Section, Theme, days, unit_shown, variable_label
from app.ingest.derive import seawater

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Pixels = NDArray[np.uint8]

# Pixels. Wide enough for a page, and small enough that a picture stays below 30 kB.
WIDTH, HEIGHT = 900, 420
LEFT, TOP, RIGHT, BOTTOM = 72, 44, 776, 362
_BAR = (796, 812)
_DPI = 100
# More colours are not distinguishable, and a palette has 256 entries.
COLOURS = 64
_GREYS = 32
# Background and text colour of the pages.
_INKS: dict[Theme, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "light": ((255, 255, 255), (11, 34, 57)),
    "dark": ((10, 23, 36), (230, 238, 245)),
}
_LONGEST = 118
# The least part of both axes over which lines of equal density are drawn.
_LEAST_DENSITY_SHARE = 0.05
# Lines through so many values along each axis look smooth at the size of the picture.
_DENSITY_GRID_SIZE = 60
# Spikes beyond these percentiles and a margin would squeeze the water masses of a T-S diagram.
_USUAL = (0.5, 99.5)
_USUAL_MARGIN = 0.25
_DAY_MS = 86_400_000
_MODES = {"R": "real time", "P": "provisional", "A": "adjusted", "D": "delayed mode"}


def section(section: Section, label: str, data_mode: str) -> dict[Theme, bytes]:
    """The section or series as PNG. label: the mission's name for people, drawn as plain text."""
    packed = {name: np.asarray(columns.decoded(col["data"], col["dtype"])) for name, col in section.packed.items()}
    name = f"{variable_label(section.variable)}{_in(section.unit)}"
    when, mode = days(section.start_at, section.end_at), _MODES.get(data_mode, data_mode)
    title = f"{label} · {variable_label(section.variable)} · {when} · {mode} · Halocline"
    if section.kind == "series":
        return _png(_series(section, packed, title, name), section.colour_map)
    start, end = _span(packed)
    figure = _Chrome(title)
    axes = figure.axes((start, end), (section.bottom_m, 0.0), "Depth (m)")
    _dated(axes)
    figure.bar(section.limits, name)
    cells = packed["values"].reshape(section.rows, section.columns).astype(np.float64)
    level = np.where(np.isfinite(cells), levels(np.nan_to_num(cells), section.limits), 255).astype(np.uint8)
    pixels = figure.drawn()
    row = ((np.arange(BOTTOM - TOP) + 0.5) / (BOTTOM - TOP) * section.rows).astype(np.intp)
    from_x, to_x = (_across(packed[key], start, end) for key in ("from_ms", "to_ms"))
    for column in range(section.columns):
        # A single profile in a long mission is narrower than a pixel and must still be visible.
        left = min(int(from_x[column]), RIGHT - 1)
        part = pixels[TOP:BOTTOM, left : max(int(to_x[column]), left + 1)]
        painted = level[row, column][:, None]
        np.copyto(part, painted, where=painted != 255)
    return _png(pixels, section.colour_map)


def cloud(cloud: Cloud, label: str, data_mode: str) -> dict[Theme, bytes]:
    """The T-S diagram as PNG: points coloured by depth, over lines of equal potential density."""
    packed = {name: np.asarray(columns.decoded(col["data"], col["dtype"])) for name, col in cloud.packed.items()}
    salinity, temperature, depth_m = (
        packed[name].astype(np.float64) for name in ("salinity", "temperature", "depth_m")
    )
    figure = _Chrome(f"{label} · Temperature and salinity · {_MODES.get(data_mode, data_mode)} · Halocline")
    across, up = _roomy(salinity), _roomy(temperature)
    inside = (salinity >= across[0]) & (salinity <= across[1]) & (temperature >= up[0]) & (temperature <= up[1])
    outside = f" · {np.count_nonzero(~inside)} of {inside.size} points outside" if not inside.all() else ""
    axes = figure.axes(across, up, f"Temperature{_in(cloud.temperature_unit)}")
    axes.set_xlabel(f"Salinity{_in(cloud.salinity_unit)}{outside}", parse_math=False)
    if seawater.has_expected_units(cloud.salinity_unit, cloud.temperature_unit):
        _isopycnals(axes, seawater.density_grid(across, up, _position(cloud), _DENSITY_GRID_SIZE))
    finite_m = depth_m[np.isfinite(depth_m)]
    limits = (0.0, max(float(finite_m.max()) if finite_m.size else 0.0, 1.0))
    figure.bar(limits, "Depth (m)")
    pixels = figure.drawn()
    level = levels(np.nan_to_num(depth_m), limits)
    salinity, temperature, level = salinity[inside], temperature[inside], level[inside]
    x = LEFT + (salinity - across[0]) / (across[1] - across[0]) * (RIGHT - LEFT)
    y = BOTTOM - (temperature - up[0]) / (up[1] - up[0]) * (BOTTOM - TOP)
    for right in range(3):
        for down in range(3):
            pixels[
                np.clip(y.astype(np.intp) + down - 1, TOP, BOTTOM - 1),
                np.clip(x.astype(np.intp) + right - 1, LEFT, RIGHT - 1),
            ] = level
    return _png(pixels, "dense")


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


def levels(values: NDArray[np.float64], limits: tuple[float, float]) -> Pixels:
    """The index of the colour of each value, 0 to 63; values beyond the limits have that of the limit."""
    low, high = limits
    return np.clip((values - low) / (high - low) * COLOURS, 0, COLOURS - 1).astype(np.uint8)


def table(colour_map: str) -> NDArray[np.uint8]:
    """The colours of one of cmocean's maps: (64, 3), red, green, blue."""
    from cmocean import cm

    steps = (np.arange(COLOURS) + 0.5) / COLOURS
    colours: NDArray[np.uint8] = np.round(np.asarray(getattr(cm, colour_map)(steps))[:, :3] * 255).astype(np.uint8)
    return colours


class _Chrome:
    """A figure whose axes and texts matplotlib draws, black on white."""

    def __init__(self, title: str) -> None:
        # Imported here, because it takes half a second that only drawing needs.
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor="white")
        self.canvas: Any = FigureCanvasAgg(self.figure)
        self.has_bar = False
        self.figure.text(LEFT / WIDTH, 1 - 24 / HEIGHT, _printable(title), fontsize=9, parse_math=False)

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
        axes = self._axes_between(*_BAR)
        axes.set_ylim(*limits)
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.set_yticks([tick for tick in axes.get_yticks() if limits[0] <= tick <= limits[1]])
        axes.yaxis.set_label_position("right")
        axes.yaxis.set_label_coords((WIDTH - 18 - _BAR[0]) / (_BAR[1] - _BAR[0]), 0.5)
        axes.set_ylabel(_printable(name), fontsize=9, parse_math=False)

    def drawn(self) -> Pixels:
        """The figure as indexes of the palette: greys, and the colours of the bar if there is one."""
        with warnings.catch_warnings():
            # Texts of files may contain letters that the font lacks; an empty box replaces them.
            warnings.filterwarnings("ignore", message="Glyph")
            self.canvas.draw()
        grey = np.asarray(self.canvas.buffer_rgba())[:, :, :3].mean(axis=2)
        pixels: Pixels = (COLOURS + np.round((255 - grey) / 255 * (_GREYS - 1))).astype(np.uint8)
        if self.has_bar:
            height = BOTTOM - TOP
            bar = COLOURS - 1 - (np.arange(height) * COLOURS // height)
            pixels[TOP:BOTTOM, _BAR[0] : _BAR[1]] = bar[:, None]
        return pixels

    def _axes_between(self, left: int, right: int) -> "Axes":
        box = (left / WIDTH, 1 - BOTTOM / HEIGHT, (right - left) / WIDTH, (BOTTOM - TOP) / HEIGHT)
        axes = self.figure.add_axes(box)
        axes.tick_params(labelsize=8)
        return axes


def _series(section: Section, packed: dict[str, Any], title: str, name: str) -> Pixels:
    figure = _Chrome(title)
    low, high = section.span
    room = 0.04 * (high - low) or 0.01 * abs(high) or 0.5
    axes = figure.axes(_span(packed), (low - room, high + room), name)
    _dated(axes)
    axes.fill_between(packed["mid_ms"], packed["low"], packed["high"], color="#cccccc", linewidth=0)
    axes.plot(packed["mid_ms"], packed["values"], color="black", linewidth=1.2, marker=".", markersize=2)
    return figure.drawn()


def _png(pixels: Pixels, colour_map: str) -> dict[Theme, bytes]:
    from PIL import Image

    pictures: dict[Theme, bytes] = {}
    for theme, (ground, ink) in _INKS.items():
        shades = np.linspace(ground, ink, _GREYS).round().astype(np.uint8)
        image = Image.frombytes("P", (WIDTH, HEIGHT), pixels.tobytes())
        image.putpalette(np.concatenate((table(colour_map), shades)).tobytes())
        out = io.BytesIO()
        image.save(out, "PNG", optimize=True)
        pictures[theme] = out.getvalue()
    return pictures


def _span(packed: dict[str, Any]) -> tuple[float, float]:
    return float(packed["from_ms"][0]), float(packed["to_ms"][-1])


def _across(time_ms: NDArray[Any], start: float, end: float) -> NDArray[np.intp]:
    return np.round(LEFT + (time_ms - start) / (end - start) * (RIGHT - LEFT)).astype(np.intp)


def _roomy(values: NDArray[np.float64]) -> tuple[float, float]:
    """The range of an axis: of nearly all values, with a margin, and never beyond all of them and a little room."""
    low, high = float(values.min()), float(values.max())
    usual_low, usual_high = (float(bound) for bound in np.percentile(values, _USUAL))
    if usual_low < usual_high:
        margin = _USUAL_MARGIN * (usual_high - usual_low)
        low, high = max(low, usual_low - margin), min(high, usual_high + margin)
    room = 0.03 * (high - low) or 0.01 * abs(high) or 0.5
    return low - room, high + room


def _dated(axes: "Axes") -> None:
    """Ticks at round UTC times on an axis of milliseconds."""
    from matplotlib import dates as untyped

    dates: Any = untyped
    start, end = (time_ms / _DAY_MS for time_ms in axes.get_xlim())
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    days = [day for day in locator.tick_values(dates.num2date(start), dates.num2date(end)) if start <= day <= end]
    # Two lines where a tick is not midnight: the clock, and below it the day.
    text = "%Y-%m-%d" if all(float(day).is_integer() for day in days) else "%H:%M\n%Y-%m-%d"
    axes.set_xticks([day * _DAY_MS for day in days])
    axes.set_xticklabels([dates.num2date(day).strftime(text) for day in days])
    axes.set_xlabel("Time (UTC)", fontsize=9)


def _in(unit: str | None) -> str:
    symbol = unit_shown(unit)
    return f" ({symbol})" if symbol else ""


def _printable(text: str) -> str:
    """The text on one line, without control characters, which could reverse the order of letters."""
    printable = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
    one_line = " ".join(printable.split())
    return one_line if len(one_line) <= _LONGEST else one_line[: _LONGEST - 1] + "…"
