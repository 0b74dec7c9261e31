"""The missions and platforms that report now, and the time until which a response about them is valid."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app import portal
from app.domain import reporting
from app.domain.records import Platform
from app.domain.reported_positions import ReportedPosition, state_changes, times
from app.domain.reporting import State
from app.http import expiry
from app.queries import clock, missions
from app.store import combined_reads
from app.store import reporting as stored
from app.store.reported_positions import newest
from app.store.reporting import Fleet


def since() -> datetime:
    """The begin of the active window, on a whole minute; the response to this request expires within a minute."""
    minute = clock.now().replace(second=0, microsecond=0)
    expiry.until(minute + timedelta(minutes=1))
    return minute - timedelta(hours=portal.current().settings.active_window_h)


def states(shown: Sequence[Platform], reported: Mapping[str, ReportedPosition]) -> dict[str, State | None]:
    """The present state of each platform, by its id; None if its last mission is over.

    `reported`: their newest reported positions. The response expires when a state changes.
    """
    now = clock.now()
    changes = {each.platform: state_changes(each, reported.get(each.platform)) for each in shown}
    expiry.until(*(reporting.next_change(*each, now) for each in changes.values()))
    return {platform: reporting.state(*each, now) for platform, each in changes.items()}


def fleet(simulated: bool) -> Fleet:
    """The present number of platforms by state. The response expires when a platform changes its state."""
    now = clock.now()
    at_sea, reported = combined_reads.values(stored.at_sea(now, simulated), newest())
    counted = stored.fleet(at_sea, times(reported), now)
    expiry.until(counted.until)
    return counted


def missions_now(filters: Mapping[str, Any], simulated: bool) -> int:
    """The number of matching missions with data in the active window. The response expires when one leaves it."""
    window = timedelta(hours=portal.current().settings.active_window_h)
    begin = clock.now() - window
    oldest = missions.oldest_since(begin, filters, simulated)
    if oldest is None:
        return 0
    expiry.until(oldest.figures.end_at + window)
    return missions.count(filters, begin, simulated=simulated).missions
