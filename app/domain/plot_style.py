"""What the pictures of sections have in common: sizes, colours of both themes, round ticks.

Importers draw PNG with numpy and matplotlib, web workers write SVG: keep numpy out.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from math import ceil, floor, log10
from typing import Literal, get_args
from urllib.parse import urlencode

from app.domain.quality_flags import Quality
from app.domain.sections import Theme

Axis = Literal["time", "distance"]
# Pixels of a PNG for one unit of the picture's size.
Scale = Literal[1, 2, 4]
SCALES: tuple[Scale, ...] = get_args(Scale)


@dataclass(frozen=True, slots=True)
class PlotChoice:
    """What a visitor chooses for a plot."""

    theme: Theme = "light"
    axis: Axis = "time"
    quality: Quality = "good"

    def query(self, **more: str) -> str:
        """Axis and values that differ from the defaults, and more arguments, as the end of an address."""
        given = {
            **({"axis": self.axis} if self.axis != "time" else {}),
            **({"quality": self.quality} if self.quality != "good" else {}),
            **more,
        }
        return f"?{urlencode(given)}" if given else ""


# Units, one pixel each at scale 1. Wide enough for a page, and small enough that a picture stays below 30 kB.
WIDTH, HEIGHT = 900, 420
LEFT, TOP, RIGHT, BOTTOM = 72, 44, 776, 362
BAR = (796, 812)
# The base line of the last note above the contents, and the height of one.
_LAST_NOTE_Y, _NOTE_HEIGHT = 38, 11
# More colours are not distinguishable, and a palette has 256 entries.
COLOURS = 64
# Shades between background and text, after the colours in the palette of a PNG.
GREYS = 32
# The palette's index of the first grey of coloured contents, which is their ground; and of the one in the middle, for
# points of unknown depth.
GROUND = COLOURS + GREYS
NEUTRAL = GROUND + GREYS // 2
# On the dark background of the pages, the darkest colours of a map would look like gaps between cells, or be invisible.
_GROUNDS: dict[Theme, tuple[int, int, int]] = {"light": (255, 255, 255), "dark": (70, 82, 94)}
# The maps that colour the points of T-S diagrams: by depth, and by time.
DEPTH_MAP = "dense"
POINT_MAPS = (DEPTH_MAP, "thermal")
# The ground behind points: that of the pages; in dark pages the lighter one of the plots in the browser.
POINT_GROUNDS: dict[Theme, tuple[int, int, int]] = {"light": (255, 255, 255), "dark": (16, 36, 58)}
# Background and text colour of the pages.
_INKS: dict[Theme, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "light": ((255, 255, 255), (11, 34, 57)),
    "dark": ((10, 23, 36), (230, 238, 245)),
}
_STEPS_MIN = (1, 2, 5, 10, 30, *(60 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 96, 168, 336)))
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
# Spikes beyond these percentiles and a margin would squeeze the water masses of a T-S diagram.
_USUAL = (0.5, 99.5)
_USUAL_MARGIN = 0.25


def title_y(notes: int) -> int:
    """The base line of the title above this many notes."""
    return _LAST_NOTE_Y - 14 - max(notes - 1, 0) * _NOTE_HEIGHT


def note_y(line: int, notes: int) -> int:
    """The base line of a note, numbered from 0, above the contents."""
    return _LAST_NOTE_Y - (notes - 1 - line) * _NOTE_HEIGHT


def greys(theme: Theme) -> bytes:
    """The shades from the background to the text of a theme, three bytes each."""
    return _greys(*_INKS[theme])


def _greys(ground: tuple[int, int, int], ink: tuple[int, int, int]) -> bytes:
    shares = [step / (GREYS - 1) for step in range(GREYS)]
    return bytes(round(low + (high - low) * share) for share in shares for low, high in zip(ground, ink, strict=True))


def shades(theme: Theme) -> bytes:
    """What follows the colours of a map in the palette of a PNG: the greys, and those of coloured contents."""
    return greys(theme) + _greys(_GROUNDS[theme], _INKS[theme][1])


def point_map(colour_map: str, theme: Theme) -> str:
    """The name of the part of a map for points: its colours have a contrast of 3:1 to the ground (WCAG 2.2, 1.4.11)."""
    return f"{colour_map}_on_{theme}"


def cloud_palette(theme: Theme) -> bytes:
    """The palette of the PNG of a T-S diagram: the colours of depths, then the shades of the page twice."""
    return colours(point_map(DEPTH_MAP, theme)) + 2 * greys(theme)


def ground(theme: Theme) -> str:
    """The ground of contents in the colours of a map, as `#rrggbb`."""
    return f"#{bytes(_GROUNDS[theme]).hex()}"


def inks(theme: Theme) -> tuple[str, str, str]:
    """The colours of background, text and lines of a theme, as `#rrggbb`."""
    shades = greys(theme)
    ground, ink, line = (f"#{shades[3 * at : 3 * at + 3].hex()}" for at in (0, GREYS - 1, GREYS // 2))
    return ground, ink, line


@cache
def colours(colour_map: str) -> bytes:
    """The 64 colours of one of cmocean's maps, three bytes each; those of `thermal` for an unknown map."""
    tables = json.loads(files("app.domain").joinpath("data/colours.json").read_text(encoding="utf-8"))
    return bytes.fromhex(tables.get(colour_map, tables["thermal"]))


def number_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round numbers in a range, at most one more than `most`, each with its text."""
    rough = (high - low) / max(most, 1)
    if not rough > 0:
        return []
    power = floor(log10(rough))
    step = next(factor * 10.0**power for factor in (1, 2, 5, 10) if factor * 10.0**power >= rough * 0.999)
    digits = min(max(0, -floor(log10(step) + 1e-9)), 10)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    # Adding 0 turns a negative zero into 0.
    return [(at * step, f"{at * step + 0:.{digits}f}".replace("-", "−")) for at in range(first, last + 1)]


def time_ticks(low_ms: float, high_ms: float, most: int) -> list[tuple[float, str]]:
    """Round times (UTC, ms) in a range, at most one more than `most`: midnights as days, others as clock times."""
    rough_ms = (high_ms - low_ms) / max(most, 1)
    step_ms = next((step * _MINUTE_MS for step in _STEPS_MIN if step * _MINUTE_MS >= rough_ms), None)
    if step_ms is None:
        return _month_ticks(low_ms, high_ms, rough_ms)
    first, last = ceil(low_ms / step_ms), floor(high_ms / step_ms)
    return [(at * step_ms, _moment(at * step_ms)) for at in range(first, last + 1)]


def _month_ticks(low_ms: float, high_ms: float, rough_ms: float) -> list[tuple[float, str]]:
    step = next((months for months in _MONTHS if months * 30 * _DAY_MS >= rough_ms), _MONTHS[-1])
    begin = _utc(low_ms)
    month = ((begin.year - 1970) * 12 + begin.month - 1) // step * step
    ticks = []
    while (at := datetime(1970 + month // 12, month % 12 + 1, 1, tzinfo=UTC)) <= _utc(high_ms):
        if at >= begin:
            ticks.append((at.timestamp() * 1000, f"{at:%Y}" if at.month == 1 else f"{at:%Y-%m}"))
        month += step
    return ticks


def _moment(ms: float) -> str:
    at = _utc(ms)
    return f"{at:%Y-%m-%d}" if ms % _DAY_MS == 0 else f"{at:%H:%M}"


def _utc(ms: float) -> datetime:
    # Not fromtimestamp, which accepts no time before 1970 on some systems.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def usual_range(values: Iterable[float]) -> tuple[float, float]:
    """The range of an axis: of nearly all values, with a margin, and never beyond all of them and a little room."""
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    usual_low, usual_high = (_percentile(ordered, percent) for percent in _USUAL)
    if usual_low < usual_high:
        margin = _USUAL_MARGIN * (usual_high - usual_low)
        low, high = max(low, usual_low - margin), min(high, usual_high + margin)
    room = 0.03 * (high - low) or 0.01 * abs(high) or 0.5
    return low - room, high + room


def series_range(span: tuple[float, float]) -> tuple[float, float]:
    """The vertical axis of a series: all values with a little room."""
    low, high = span
    room = 0.04 * (high - low) or 0.01 * abs(high) or 0.5
    return low - room, high + room


def _percentile(ordered: Sequence[float], percent: float) -> float:
    """A percentile of values in order, interpolated linearly."""
    place = (len(ordered) - 1) * percent / 100
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
