"""A chart of each aim over the measured revisions, as small multiples in one SVG file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bench.measured import Aim

# Of the file, and of each chart, in pixels: four charts beside each other are readable on a page of documentation.
_COLUMNS, _WIDTH, _HEIGHT = 4, 230, 132
# Space around the lines: for the name above, for dates below, and for the latest value on the right.
_TOP, _BOTTOM, _LEFT, _RIGHT = 30, 22, 12, 48
# Space above the largest value.
_HEADROOM = 1.08
# Dates have the form 2024-05-01T12:30+00:00; a chart shows the day.
_DAY = 10

# Time, revision, median, low and high end of the interval.
Entry = Sequence[Any]


def drawn(history: Mapping[str, Sequence[Entry]], aims: Mapping[str, Aim]) -> str:
    """The SVG file with a chart for each aim that has a history, in the order of the aims."""
    measured = [(aim, history[name]) for name, aim in aims.items() if history.get(name)]
    charts = [
        {
            **_chart(aim, entries),
            "x": _WIDTH * (number % _COLUMNS),
            "y": _HEIGHT * (number // _COLUMNS),
        }
        for number, (aim, entries) in enumerate(measured)
    ]
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    rows = -(-len(measured) // _COLUMNS)
    box = {"left": _LEFT, "right": _WIDTH - _RIGHT, "top": _TOP, "bottom": _HEIGHT - _BOTTOM}
    return templates.get_template("chart.svg").render(
        charts=charts, width=_WIDTH * _COLUMNS, height=_HEIGHT * max(rows, 1), box=box, cell_width=_WIDTH
    )


def _chart(aim: Aim, entries: Sequence[Entry]) -> dict[str, Any]:
    """The positions of one chart, in pixels from its corner. The scale begins at 0 and includes the limit."""
    largest = max(aim.limit, *(entry[2] for entry in entries)) * _HEADROOM or 1.0
    bottom, top = _HEIGHT - _BOTTOM, _TOP
    step = (_WIDTH - _RIGHT - _LEFT) / max(len(entries) - 1, 1)

    def y(value: float) -> float:
        # The end of an interval may be far outside.
        return round(bottom - (bottom - top) * min(value / largest, 1.0), 1)

    points = [
        {
            "x": round(_LEFT + step * number if len(entries) > 1 else (_WIDTH - _RIGHT + _LEFT) / 2, 1),
            "y": y(median),
            "low": y(low),
            "high": y(high),
            "title": f"{at[:_DAY]}, {revision}: {median:g} ({low:g} … {high:g})",
        }
        for number, (at, revision, median, low, high) in enumerate(entries)
    ]
    latest = entries[-1][2]
    return {
        "name": aim.id,
        "what": aim.what,
        "limit": f"{'≥' if aim.operator == '>=' else '≤'} {aim.limit:g}",
        "limit_y": y(aim.limit),
        "is_met": latest >= aim.limit if aim.operator == ">=" else latest <= aim.limit,
        "latest": f"{latest:g}",
        "points": points,
        "first_day": entries[0][0][:_DAY],
        "last_day": entries[-1][0][:_DAY],
    }
