"""Retention of simulated missions: two days after their last data. Real missions are never removed."""

from datetime import datetime, timedelta
from functools import partial

from pymongo.client_session import ClientSession

from app import events
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import mission_removal
from app.store import missions, transactions

SIMULATED_KEPT = timedelta(hours=48)
# A fleet of ten starts two missions a day each; the next call removes the rest.
_MISSIONS_AT_ONCE = 100


def remove_simulated(now: datetime, names: dict[str, PlatformName]) -> int:
    """Remove the simulated missions whose data ended more than two days before `now`; returns their number.

    One transaction removes a mission and logs the change. Its version is retired like a replaced one: readers can
    continue for ten minutes, then a sweep removes profiles and samples. After a crash, the next call continues.
    """
    before = now - SIMULATED_KEPT
    removed = 0
    for platform, mission in missions.simulated_before(before, _MISSIONS_AT_ONCE):
        number = transactions.run(partial(_remove, platform, mission, before, names))
        if number is not None:
            events.announce(number)
            removed += 1
    return removed


def _remove(
    platform: str, mission: str, before: datetime, names: dict[str, PlatformName], session: ClientSession
) -> int | None:
    """The number of the change; None when the mission has changed since it was selected."""
    version = missions.remove_simulated(platform, mission, before, session)
    if version is None:
        return None
    return mission_removal.forget(platform, mission, version, names, session, is_simulated=True)
