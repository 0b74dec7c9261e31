"""Statistics: what was done in each year, in each basin and by each platform."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from app.queries import statistics, totals
from app.queries.statistics import Kind, Row

bp = Blueprint("statistics", __name__)

# Enough for a look around; the whole is one link away and would make the page heavy.
_ROWS_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that the page shows, how many there are in all, and the longest time at sea among them, s."""

    kind: Kind
    rows: list[Row]
    count: int
    longest_s: float


@bp.get("/stats")
def index() -> str:
    """Sums of years (newest first), basins and platforms (most days at sea first), with bars."""
    return render_template(
        "stats.html", totals=totals.fleet(), tables=[_table(k) for k in ("year", "basin", "platform")]
    )


def _table(kind: Kind) -> Table:
    found = statistics.by(kind)
    if kind == "year":
        found.reverse()
    else:
        found.sort(key=lambda row: -row.totals.time_at_sea_s)
    shown = found[:_ROWS_AT_MOST]
    return Table(kind, shown, len(found), max((row.totals.time_at_sea_s for row in shown), default=0.0))
