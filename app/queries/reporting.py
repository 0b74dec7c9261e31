"""The missions and platforms that report now, and the time until which a response about them is valid."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app import portal
from app.domain import reporting
from app.domain.records import Platform
from app.domain.reporting import State
from app.http import expiry
from app.queries import clock, missions
from app.store import combined_reads
from app.store import reporting as stored
from app.store.reporting import Fleet


def since() -> datetime:
    """The begin of the active window, on a whole minute; the response to this request expires within a minute."""
    minute = clock.now().replace(second=0, microsecond=0)
    expiry.until(minute + timedelta(minutes=1))
    return minute - timedelta(hours=portal.current().settings.active_window_h)


def state(platform: Platform) -> State | None:
    """The present state of a platform; None if its last mission is over. The response expires when it changes."""
    times = platform.late_at, platform.silent_at, platform.over_from, clock.now()
    expiry.until(reporting.next_change(*times))
    return reporting.state(*times)


def fleet(simulated: bool) -> Fleet:
    """The present number of platforms by state. The response expires when a platform changes its state."""
    counted: Fleet
    (counted,) = combined_reads.values(stored.fleet(clock.now(), simulated))
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
