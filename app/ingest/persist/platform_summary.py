"""Platforms: their names, and the sums of their missions."""

from collections.abc import Sequence

from pymongo.client_session import ClientSession

from app.domain.records import Mission, Platform
from app.ingest.interpret.identity import PlatformName
from app.store import missions, platforms


def refresh(platform: str, names: dict[str, PlatformName], session: ClientSession) -> bool:
    """Makes the platform what its missions and the operator's names say, in the session's transaction.

    Without missions there is no platform. Returns whether nothing real is known of it: nothing real shows it then.
    """
    found = missions.of_platform(platform, session)
    if not found:
        platforms.remove(platform, session)
        return True
    made = summed(found, names.get(platform, PlatformName()))
    platforms.put(made, session)
    return made.simulated


def summed(found: Sequence[Mission], named: PlatformName) -> Platform:
    """The platform of these missions (at least one, oldest data first) under the operator's names."""
    # Only simulated missions make a simulated platform; simulated ones are in no sum of a real one.
    simulated = all(mission.simulated for mission in found)
    counted = [mission for mission in found if mission.simulated == simulated]
    latest = counted[-1]
    said = latest.metadata
    return Platform(
        platform=latest.platform,
        serial=named.serial or latest.platform,
        kind=named.kind or latest.kind,
        name=named.name or said.get("platform_name"),
        model=named.model or said.get("platform_model"),
        wmo_id=next((m.metadata["wmo_id"] for m in reversed(found) if m.metadata.get("wmo_id")), None),
        operator=named.operator or said.get("operator"),
        last_seen_at=latest.figures.end_at,
        last_mission=latest.mission,
        missions=len(counted),
        profiles=sum(mission.figures.profiles for mission in counted),
        samples=sum(mission.figures.samples for mission in counted),
        distance_m=sum(mission.figures.distance_m for mission in counted),
        vertical_m=sum(mission.figures.vertical_m for mission in counted),
        time_at_sea_s=sum(mission.duration_s for mission in counted),
        simulated=simulated,
    )
