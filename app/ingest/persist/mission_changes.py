"""The change of a mission: its platform's sums, its entry in the change log, and the rebuilds that it needs."""

from collections.abc import Mapping
from datetime import datetime

from pymongo.client_session import ClientSession

from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import platform_summary
from app.store import change_log, rebuild_queue


def log(
    platform: str,
    mission: str,
    names: Mapping[str, PlatformName],
    now: datetime,
    session: ClientSession,
    is_simulated: bool = False,
) -> int:
    """Update the platform, log the change and mark the derived documents for a rebuild; the number of the change."""
    # Simulated missions are in no total, so that the totals stay valid.
    summed = "simulated" if platform_summary.refresh(platform, names, session) else "totals"
    number = change_log.append((f"mission:{platform}/{mission}", f"platform:{platform}", summed), now, session)
    scopes = (
        f"mission:{platform}/{mission}",
        f"sections:{platform}/{mission}",
        f"updates:{platform}",
        *(() if is_simulated else rebuild_queue.sums_of([platform])),
    )
    rebuild_queue.mark(scopes, number, session)
    return number
