"""Platforms: their names, and the sums over their missions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pymongo.client_session import ClientSession

from app.domain.records import Mission, Platform
from app.ingest.interpret.identity import PlatformName
from app.store import missions as stored_missions
from app.store import platform_aliases, platforms


def refresh(platform: str, names: Mapping[str, PlatformName], session: ClientSession) -> bool:
    """Store the platform that results from its missions and the operator's names, in the session's transaction.

    Without missions the platform is removed. Returns True if it has no real mission: no page of real data shows it.
    """
    of_platform = stored_missions.of_platform(platform, session)
    if not of_platform:
        platforms.remove(platform, session)
        return True
    named = present_names(platform, names, session)
    summary = _reporting_as(platforms.of(platform, session), summed(of_platform, named), named)
    platforms.put(summary, session)
    return summary.simulated


def present_names(platform: str, names: Mapping[str, PlatformName], session: ClientSession) -> PlatformName:
    """The operator's names of a platform. A renamed platform without own names has those of its newest former id.

    Its label is the present id then, since the former label may be the reason for the new id. A label that differs from
    it only in case is kept: it is the serial number as the operator writes it.
    """
    if platform in names:
        return names[platform]
    former = platform_aliases.former_ids([platform], session).get(platform, ())
    inherited = next((names[name] for name in former if name in names), PlatformName())
    return inherited if has_label(inherited, platform) else replace(inherited, serial=None)


def has_label(names: PlatformName, platform: str) -> bool:
    """True if the label of these names is the id of the platform, ignoring case."""
    return names.serial is not None and names.serial.lower() == platform


def _reporting_as(before: Platform | None, summary: Platform, names: PlatformName) -> Platform:
    """The summary with the operator's reporting interval, or with the learned one until it is derived again."""
    if names.reporting_interval is not None:
        seconds = names.reporting_interval.total_seconds()
        summary = replace(summary, reporting_interval_s=seconds, reporting_interval_origin="set")
    if before is None:
        return summary
    if summary.reporting_interval_origin != "set" and before.reporting_interval_origin == "learned":
        seconds = before.reporting_interval_s
        summary = replace(summary, reporting_interval_s=seconds, reporting_interval_origin="learned")
    is_same = before.last_mission == summary.last_mission
    return replace(summary, ended_at=before.ended_at if is_same else None)


def summed(missions: Sequence[Mission], names: PlatformName) -> Platform:
    """The platform of these missions (at least one, oldest data first) under the operator's names."""
    # A platform is simulated if all its missions are; sums of a real platform exclude simulated missions.
    simulated = all(mission.simulated for mission in missions)
    counted = [mission for mission in missions if mission.simulated == simulated]
    distances_m = [known_m for mission in counted if (known_m := mission.figures.known_distance_m) is not None]
    latest = counted[-1]
    metadata = latest.metadata
    return Platform(
        platform=latest.platform,
        serial=names.serial or latest.platform,
        kind=names.kind or latest.kind,
        name=names.name or metadata.get("platform_name"),
        model=names.model or metadata.get("platform_model"),
        wmo_id=next((m.metadata["wmo_id"] for m in reversed(missions) if m.metadata.get("wmo_id")), None),
        operator=names.operator or metadata.get("operator"),
        last_seen_at=latest.figures.end_at,
        last_mission=latest.mission,
        missions=len(counted),
        profiles=sum(mission.figures.profiles for mission in counted),
        samples=sum(mission.figures.samples for mission in counted),
        distance_m=sum(distances_m) if distances_m else None,
        vertical_m=sum(mission.figures.vertical_m for mission in counted),
        time_at_sea_s=sum(mission.duration_s for mission in counted),
        simulated=simulated,
    )
