"""Updates: deployments, recoveries and first delayed data, as pages, the feed and endpoints show them."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.records import Update, UpdateKind
from app.queries import cursors
from app.store import updates


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """A page of updates, the last known first, and the cursor of the next one (None on the last)."""

    items: list[Update]
    next: str | None


def page(
    now: datetime,
    limit: int = 50,
    cursor: str | None = None,
    kind: UpdateKind | None = None,
    platform: str | None = None,
    simulated: bool = False,
) -> UpdatePage:
    """A page of what is known by now. Raises Invalid("cursor")."""
    after = cursors.decode(cursor, datetime, str) if cursor else None
    found = updates.page(
        now,
        limit + 1,
        after=(after[0], after[1]) if after else None,
        kind=kind,
        platform=platform.lower() if platform else None,
        simulated=simulated,
    )
    items = found[:limit]
    more = cursors.encode(items[-1].shown_from, items[-1].id) if len(found) > limit else None
    return UpdatePage(items, more)
