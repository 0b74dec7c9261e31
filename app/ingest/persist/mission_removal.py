"""Removal of a mission: its documents, its sums and its place in the change log, in one transaction."""

from collections.abc import Mapping
from datetime import UTC, datetime

from pymongo.client_session import ClientSession

from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import platform_summary
from app.store import change_log, rebuild_queue, sections, tracks, versions


def forget(
    platform: str,
    mission: str,
    version: str,
    names: Mapping[str, PlatformName],
    session: ClientSession,
    is_simulated: bool = False,
) -> int:
    """Remove what belongs to a mission whose document has just been removed; the number of the change.

    Its version is retired like a replaced one: readers can continue for ten minutes, then a sweep removes profiles and
    samples.
    """
    versions.retire(platform, mission, version, datetime.now(UTC), session)
    return hide(platform, mission, names, session, is_simulated)


def hide(
    platform: str,
    mission: str,
    names: Mapping[str, PlatformName],
    session: ClientSession,
    is_simulated: bool = False,
) -> int:
    """Remove what derives from a mission whose document has just been removed; the number of the change.

    Its profiles and samples stay.
    """
    tracks.remove(platform, mission, session)
    sections.remove(platform, mission, session)
    rebuild_queue.forget(
        (f"sections:{platform}/{mission}", f"mission:{platform}/{mission}", f"basins:{platform}/{mission}"), session
    )
    has_no_real_mission = platform_summary.refresh(platform, names, session)
    # A change of simulated data does not invalidate the lists: a removed platform was real until now.
    summed = "simulated" if is_simulated and has_no_real_mission else "totals"
    tags = (f"mission:{platform}/{mission}", f"platform:{platform}", summed)
    number = change_log.append(tags, datetime.now(UTC), session)
    rebuild_queue.mark((f"updates:{platform}",), number, session)
    return number
