"""Totals with their date."""

from datetime import UTC, datetime

from app.domain.records import Totals
from app.store import totals

_EMPTY = Totals("fleet", 0, 0, 0, 0, 0.0, 0.0, 0.0, None, datetime(1970, 1, 1, tzinfo=UTC))


def fleet() -> Totals:
    """The sums over all missions; zeros, computed in 1970, while nothing has been stored."""
    return totals.find("fleet") or _EMPTY


def of_kind(kind: str) -> list[Totals]:
    """The sums of each `year`, `basin` or `platform`."""
    return totals.of_kind(kind)
