"""Updates: deployments, silent platforms, ends of missions and first delayed-mode data."""

from dataclasses import dataclass
from datetime import datetime

from app.domain import reporting
from app.domain.records import Mission, Update, UpdateKind
from app.queries import cursors
from app.store import combined_reads, updates


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """A page of updates, the latest published first, and the cursor of the next page (None on the last).

    `until` is the time at which the next foreseen update is published; None if none is foreseen.
    """

    items: list[Update]
    next: str | None
    until: datetime | None


def page(
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    kind: UpdateKind | None = None,
    platform: str | None = None,
    simulated: bool = False,
) -> UpdatePage:
    """A page of the updates published by now. Raises Invalid("cursor")."""
    position = cursors.decode(cursor, datetime, str) if cursor else None
    platform = platform.lower() if platform else None
    after = (position[0], position[1]) if position else None
    rows = updates.page(now, limit + 1, after=after, kind=kind, platform=platform, simulated=simulated)
    page = cursors.page(rows, limit, lambda update: (update.shown_from, update.id))
    (until,) = combined_reads.values(updates.next_known(now, kind, platform, simulated))
    return UpdatePage(page.items, page.next, until)


def over_from(mission: Mission) -> datetime:
    """When the mission is over, as its update says; without one, when it is treated as ended."""
    end = updates.end_of(mission.id)
    return end.shown_from if end else mission.figures.end_at + reporting.ENDED_AFTER


def latest(now: datetime, limit: int, simulated: bool) -> list[Update]:
    """The first updates of `page`."""
    return updates.page(now, limit, simulated=simulated)
