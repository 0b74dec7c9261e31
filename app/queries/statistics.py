"""Statistics: the totals of years, basins and platforms, with their display names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from app.domain.basin_tree import Node, Tree
from app.domain.times import elapsed_s, year_opens
from app.domain.totals import Totals
from app.store import basins, platforms, totals

Kind = Literal["year", "basin", "platform", "year_basin"]


@dataclass(frozen=True, slots=True)
class Row:
    """The totals of one year, basin, platform, or basin in a year (key `2022/SEA-007`), with a display name.

    `year` and `basin` are the parts of the key; `part_of` is the basin that contains this one; `elapsed_s` is the part
    of the year that has passed, s.
    """

    key: str
    name: str
    totals: Totals
    year: int | None = None
    basin: str | None = None
    part_of: str | None = None
    elapsed_s: float | None = None

    @property
    def uptime_percent(self) -> float | None:
        """The percentage of the year's elapsed time with at least one mission under way, 0 to 100.

        None if the row is not of a year, and for a year that has not begun.
        """
        if self.totals.under_way_s is None or not self.elapsed_s:
            return None
        # Clocks on board may be ahead: no mission is under way for longer than the year has lasted.
        return min(self.totals.under_way_s / self.elapsed_s, 1.0) * 100.0

    @property
    def mean_at_sea(self) -> float | None:
        """The average number of missions under way during the year's elapsed time; None as for the uptime."""
        return self.totals.time_at_sea_s / self.elapsed_s if self.elapsed_s else None


def by(kind: Kind, now: datetime) -> list[Row]:
    """Every year, basin, platform, or basin in a year that has data, by key.

    The elapsed time of a year ends at a whole minute, so that responses stay the same for a while.
    """
    return sorted(_rows(kind, totals.of_kind(kind), now), key=lambda row: row.key)


def longest(kind: Literal["basin", "platform"], limit: int, now: datetime) -> list[Row]:
    """At most `limit` of the basins or platforms, most time at sea first."""
    return _rows(kind, totals.longest(kind, limit), now)


def until(rows: Sequence[Row], now: datetime) -> datetime | None:
    """The time at which the elapsed time of a year in these rows changes; None if all years are over."""
    years = {row.year for row in rows if row.year is not None}
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    future = [year_opens(year) for year in years if year > now.year]
    return min([*future, *([minute] if now.year in years else ())], default=None)


def _rows(kind: Kind, sums: Sequence[Totals], now: datetime) -> list[Row]:
    now = now.replace(second=0, microsecond=0)
    by_key = {each.scope.partition(":")[2]: each for each in sums}
    if kind in ("basin", "year_basin"):
        tree = basins.tree()
        return [_of_basin(kind, key, each, tree, now) for key, each in by_key.items()]
    names = _serials(list(by_key)) if kind == "platform" else {}
    return [_row(kind, key, each, names, now) for key, each in by_key.items()]


def _of_basin(kind: Kind, key: str, sums: Totals, tree: Tree, now: datetime) -> Row:
    # The id of an operator's basin may contain a slash.
    year, basin = key.split("/", 1) if kind == "year_basin" else (None, key)
    node = tree.get(basin, Node(basin, basin))
    if year is None:
        return Row(key, node.name, sums, basin=basin, part_of=node.part_of)
    return Row(key, node.name, sums, int(year), basin, node.part_of, elapsed_s(int(year), now))


def _row(kind: Kind, key: str, sums: Totals, names: dict[str, str], now: datetime) -> Row:
    if kind == "year":
        return Row(key, key, sums, int(key), elapsed_s=elapsed_s(int(key), now))
    return Row(key, names.get(key, key), sums)


def _serials(keys: list[str]) -> dict[str, str]:
    return {key: platform.serial for key, platform in platforms.named(keys).items()} if keys else {}
