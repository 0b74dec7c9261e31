"""Statistics of each year, basin and platform, and of the basins by year."""

from collections import defaultdict
from dataclasses import dataclass

from flask import Blueprint, render_template

from app.domain import basin_tree
from app.domain.basin_tree import Node
from app.domain.totals import Totals
from app.http import expiry
from app.queries import clock, statistics, totals
from app.queries.statistics import Kind, Row

bp = Blueprint("statistics", __name__)

# Enough for an overview: the page must not grow with the fleet, and the complete table is one link away.
_PLATFORMS_AT_MOST = 25
# As many columns as fit on a screen.
_YEARS_AT_MOST = 10
_BASINS_AT_MOST = 40


@dataclass(frozen=True, slots=True)
class Table:
    """The rows on the page, the number of all rows, and the longest time at sea of the rows on the page, s.

    `depths`: of the basins in their tree, by id; the parts of a basin follow it.
    """

    kind: Kind
    rows: list[Row]
    count: int
    longest_s: float
    depths: dict[str, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Basins by years: years, newest first; basins as (id, name, depth in the tree), most days at sea first, each
    followed by its parts; cells by basin and year.

    `basin_count` and `year_count` include those that the page leaves out.
    """

    years: list[int]
    basins: list[tuple[str, str, int]]
    cells: dict[tuple[str, int], Row]
    basin_count: int
    year_count: int


@bp.get("/stats")
def index() -> str:
    """Totals of years (newest first), basins and platforms (most days at sea first), with bars; basins by years."""
    fleet = totals.fleet()
    return render_template("stats.html", totals=fleet, tables=_tables(fleet), grid=_grid())


def _rows(kind: Kind) -> list[Row]:
    now = clock.now()
    rows = statistics.by(kind, now)
    expiry.until(statistics.until(rows, now))
    return rows


def _tables(fleet: Totals) -> list[Table]:
    of_basins = {row.key: row for row in sorted(_rows("basin"), key=lambda row: -row.totals.time_at_sea_s)}
    ordered = _in_order(list(of_basins.values()), list(of_basins))
    basins = [of_basins[basin] for basin, _ in ordered]
    platforms = statistics.longest("platform", _PLATFORMS_AT_MOST, clock.now())
    return [
        _table("year", _rows("year")[::-1]),
        _table("basin", basins[:_BASINS_AT_MOST], len(basins), dict(ordered)),
        _table("platform", platforms, fleet.platforms),
    ]


def _in_order(rows: list[Row], ids: list[str]) -> list[tuple[str, int]]:
    """(id, depth) of the basins, each followed by its parts; otherwise in the order of `ids`."""
    nodes = {row.basin: Node(row.basin, row.name, row.part_of) for row in rows if row.basin is not None}
    return basin_tree.in_order(ids, nodes)


def _table(kind: Kind, shown: list[Row], count: int | None = None, depths: dict[str, int] | None = None) -> Table:
    longest_s = max((row.totals.time_at_sea_s for row in shown), default=0.0)
    return Table(kind, shown, len(shown) if count is None else count, longest_s, depths or {})


def _grid() -> Grid:
    rows = _rows("year_basin")
    cells = {(row.basin, row.year): row for row in rows if row.basin is not None and row.year is not None}
    at_sea_s: defaultdict[str, float] = defaultdict(float)
    for (basin, _), row in cells.items():
        at_sea_s[basin] += row.totals.time_at_sea_s
    names = {basin: row.name for (basin, _), row in cells.items()}
    years = sorted({year for _, year in cells}, reverse=True)
    basins = _in_order(rows, sorted(at_sea_s, key=lambda basin: (-at_sea_s[basin], basin)))
    return Grid(
        years=years[:_YEARS_AT_MOST],
        basins=[(basin, names[basin], depth) for basin, depth in basins[:_BASINS_AT_MOST]],
        cells=cells,
        basin_count=len(basins),
        year_count=len(years),
    )
