"""Updates: deployments, recoveries and first delayed data, as pages, the feed and endpoints show them."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.records import Update, UpdateKind
from app.queries import cursors
from app.store import updates


@dataclass(frozen=True, slots=True)
class UpdatePage:
    """A page of updates, the last known first, and the cursor of the next one (None on the last).

    `until` is the moment at which the next one becomes known, None when silence alone announces none.
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
    """A page of what is known by now. Raises Invalid("cursor")."""
    after = cursors.decode(cursor, datetime, str) if cursor else None
    platform = platform.lower() if platform else None
    place = (after[0], after[1]) if after else None
    found = updates.page(now, limit + 1, after=place, kind=kind, platform=platform, simulated=simulated)
    items = found[:limit]
    more = cursors.encode(items[-1].shown_from, items[-1].id) if len(found) > limit else None
    return UpdatePage(items, more, updates.next_known(now, kind, platform, simulated))
