"""The frame of a plot in SVG: title, axes with round ticks, colour bar. Numbers and texts that the template writes."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain import indexed_png, plot_style
from app.domain.plot_style import BAR, BOTTOM, COLOURS, LEFT, RIGHT, TOP
from app.domain.sections import Theme

# Pixels of the width of a time and of the height of a number, with room.
_TICK_WIDTH, _TICK_HEIGHT = 96, 36
# Beyond the 64 colours of a map: no measurement.
TRANSPARENT = COLOURS
_OPACITY = b"\xff" * COLOURS + b"\0"


class Tick(NamedTuple):
    """A tick: its place in the picture, and its text."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class AxisRange:
    """The range of an axis with its title. `is_down`: values grow downwards, as depths do."""

    low: float
    high: float
    title: str
    is_time: bool = False
    is_down: bool = False

    def x(self, value: float) -> float:
        """The place of a value along the horizontal axis."""
        return LEFT + (value - self.low) / (self.high - self.low) * (RIGHT - LEFT)

    def y(self, value: float) -> float:
        """The place of a value along the vertical axis."""
        down = (value - self.low) / (self.high - self.low) * (BOTTOM - TOP)
        return TOP + down if self.is_down else BOTTOM - down

    def across(self) -> list[Tick]:
        """The ticks of a horizontal axis."""
        most = (RIGHT - LEFT) // _TICK_WIDTH
        ticks = (plot_style.time_ticks if self.is_time else plot_style.number_ticks)(self.low, self.high, most)
        return [Tick(round(self.x(value), 1), text) for value, text in ticks]

    def up(self) -> list[Tick]:
        """The ticks of a vertical axis."""
        ticks = plot_style.number_ticks(self.low, self.high, (BOTTOM - TOP) // _TICK_HEIGHT)
        return [Tick(round(self.y(value), 1), text) for value, text in ticks]


@dataclass(frozen=True, slots=True)
class ColourBar:
    """The colours of the values between two limits."""

    limits: tuple[float, float]
    title: str
    colour_map: str

    def level(self, value: float) -> int:
        """The index of the colour of a value; values beyond the limits have that of the limit, NaN has none."""
        if value != value:
            return TRANSPARENT
        low, high = self.limits
        return min(max(int((value - low) / (high - low) * COLOURS), 0), COLOURS - 1)

    def ticks(self) -> list[Tick]:
        """The ticks beside the bar."""
        return AxisRange(*self.limits, "").up()

    def picture(self) -> str:
        """The bar as the address of a picture, one pixel wide."""
        return picture(1, self.colour_map, [b"\0" + bytes([level]) for level in reversed(range(COLOURS))])

    def colour(self, level: int) -> str:
        """A colour of the map as `#rrggbb`."""
        return f"#{plot_style.colours(self.colour_map)[3 * level : 3 * level + 3].hex()}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What every plot has around its contents.

    `notes`: at most two lines that explain its marks. `has_points`: its contents are points, whose colours suit the
    ground of the page.
    """

    title: str
    notes: Sequence[str]
    x: AxisRange
    y: AxisRange
    bar: ColourBar | None
    theme: Theme
    has_points: bool = False

    @property
    def area(self) -> tuple[int, int, int, int]:
        """Left and upper edge, width and height of the contents."""
        return LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP

    @property
    def note_lines(self) -> list[tuple[float, str]]:
        """The notes with their places above the contents."""
        return [(plot_style.note_y(line, len(self.notes)), note) for line, note in enumerate(self.notes)]

    @property
    def title_y(self) -> float:
        """The place of the title above the notes."""
        return plot_style.title_y(len(self.notes))

    @property
    def bar_area(self) -> tuple[int, int, int, int]:
        """Left and upper edge, width and height of the colour bar."""
        return BAR[0], TOP, BAR[1] - BAR[0], BOTTOM - TOP

    @property
    def ground(self) -> str:
        """The colour behind the contents: that of the page, or a neutral one behind all colours of a map."""
        return plot_style.ground(self.theme) if self.bar and not self.has_points else self.inks[0]

    @property
    def inks(self) -> tuple[str, str, str]:
        """The colours of background, text and lines."""
        return plot_style.inks(self.theme)


def picture(width: int, colour_map: str, rows: Iterable[bytes]) -> str:
    """The address of a PNG with these rows, each a filter byte and indexes of colours, as text within the SVG."""
    lines = list(rows)
    palette = plot_style.colours(colour_map) + b"\0\0\0"
    png = indexed_png.assembled(width, len(lines), palette, b"".join(lines), _OPACITY)
    return f"data:image/png;base64,{b64encode(png).decode()}"
