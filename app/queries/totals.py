"""Totals of the fleet, the years, the basins and the platforms."""

from datetime import UTC, datetime

from app.domain.totals import Totals
from app.store import totals

EMPTY = Totals("fleet", 0, 0, 0, 0, 0.0, 0.0, 0.0, None, datetime(1970, 1, 1, tzinfo=UTC))


def fleet() -> Totals:
    """The totals of all missions; zeros, computed in 1970, while the store is empty."""
    return totals.find("fleet") or EMPTY


def of_kind(kind: str) -> list[Totals]:
    """The totals of each `year`, `basin` or `platform`."""
    return totals.of_kind(kind)
