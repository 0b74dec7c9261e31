"""Removal of a mission: its documents, its sums and its place in the change log, in one transaction."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pymongo.client_session import ClientSession

from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import platform_summary
from app.store import change_log, rebuild_queue, sections, tracks, versions


def forget(platform: str, mission: str, version: str, names: Mapping[str, PlatformName], session: ClientSession) -> int:
    """Remove what belongs to a mission whose document has just been removed; the number of the change.

    Its version is retired like a replaced one: readers can continue for ten minutes, then a sweep removes profiles and
    samples.
    """
    at = datetime.now(UTC)
    versions.retire(platform, mission, version, at, session)
    tracks.remove(platform, mission, session)
    sections.remove(platform, mission, session)
    rebuild_queue.forget(
        (f"sections:{platform}/{mission}", f"mission:{platform}/{mission}", f"basins:{platform}/{mission}"), session
    )
    is_simulated = platform_summary.refresh(platform, names, session)
    summed = "simulated" if is_simulated else "totals"
    number = change_log.append((f"mission:{platform}/{mission}", f"platform:{platform}", summed), at, session)
    rebuild_queue.mark((f"updates:{platform}",), number, session)
    return number
