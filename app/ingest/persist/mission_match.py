"""The stored mission that a file belongs to although it names another one, and missions that may be one.

Formats name a mission differently: `Fibbla76-20230906T0852`, `sea076_20230906T085259_D`. A vehicle is on one mission at
a time, so that equal WMO id and serial number and overlapping data prove that two names mean one mission.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.domain.mission_overlap import FOLLOWS, WARNING, boxes_meet, gap
from app.domain.records import Figures, Finding, Mission
from app.ingest.formats import mission_ids
from app.ingest.interpret.identity import Identity, Options, PlatformName
from app.ingest.interpret.mission_draft import Draft
from app.store import missions, platforms, withdrawals

Document = Mapping[str, Any]
log = structlog.get_logger(__name__)

_SERIAL = re.compile(r"0*(\d{1,12})\D*$", re.ASCII)


def identity_of(draft: Draft, options: Options, names: Mapping[str, PlatformName]) -> Identity:
    """The identity of the stored or withdrawn mission that the draft belongs to; the draft's own without one.

    A mission that the caller names stays as named.
    """
    own = draft.identity
    if options.mission or draft.kind != "glider" or missions.exists(own.platform, own.mission):
        return own
    for stored in (*_neighbours(draft, names), *_withdrawn(draft, names)):
        is_allowed = stored["platform"] == own.platform or not options.platform
        # Formats number profiles differently: those of a whole mission would be stored twice.
        is_allowed &= draft.scope != "profiles" or stored.get("source", {}).get("scope") == "profiles"
        if is_allowed and _is_same_mission(draft, stored, names):
            log.info("mission_named_differently", mission=stored["_id"], named=f"{own.platform}/{own.mission}")
            return replace(own, platform=stored["platform"], mission=stored["mission"])
    return own


def warned(draft: Draft, names: Mapping[str, PlatformName], without: str | None = None) -> Draft:
    """The draft, with a warning if other missions of its vehicle overlap it, or precede or follow it at once.

    `without` is a mission that does not count, because it is being merged into this one.
    """
    own = f"{draft.identity.platform}/{draft.identity.mission}"
    near = [stored["_id"] for stored in _neighbours(draft, names) if _is_near(draft.summary.figures, stored)]
    near = [mission for mission in near if mission not in (own, without)]
    if not near or draft.kind != "glider":
        return draft
    log.warning("missions_may_be_one", mission=own, others=near[:3])
    remainder = replace(draft.remainder, warnings={**draft.remainder.warnings, WARNING: len(near)})
    warnings = sorted((*draft.summary.warnings, Finding(WARNING, len(near))), key=lambda warning: warning.code)
    return replace(draft, remainder=remainder, summary=replace(draft.summary, warnings=tuple(warnings)))


def others_near(mission: Mission, names: Mapping[str, PlatformName], without: str) -> int:
    """The number of other missions of the vehicle that are near this stored one, apart from `without`."""
    akin = platforms.akin(mission.metadata.get("wmo_id"), _labels(mission.platform, names))
    near = missions.near({mission.platform, *akin}, _span(mission.figures), None, mission.simulated)
    return sum(stored["_id"] not in (mission.id, without) and _is_near(mission.figures, stored) for stored in near)


def _is_near(figures: Figures, stored: Document) -> bool:
    return gap(figures, stored["figures"]) <= FOLLOWS


def _neighbours(draft: Draft, names: Mapping[str, PlatformName]) -> Sequence[Document]:
    """The stored missions of the draft's vehicle that are near in time, or named by the same day."""
    return missions.near(_vehicle(draft, names), _span(draft.summary.figures), _day(draft), draft.simulated)


def _withdrawn(draft: Draft, names: Mapping[str, PlatformName]) -> Sequence[Document]:
    """The same of the withdrawn missions: a file of one must not come back under another name."""
    return withdrawals.near(_vehicle(draft, names), _span(draft.summary.figures), _day(draft))


def _vehicle(draft: Draft, names: Mapping[str, PlatformName]) -> set[str]:
    """The platforms that are the draft's vehicle."""
    own = draft.identity.platform
    return {own, *platforms.akin(draft.metadata.get("wmo_id"), _labels(own, names))}


def _day(draft: Draft) -> str | None:
    mission = draft.identity.mission
    return mission[:8] if mission_ids.parsed(f"x-{mission}") else None


def _labels(platform: str, names: Mapping[str, PlatformName]) -> list[str]:
    serial = names[platform].serial if platform in names else None
    return [platform, *([serial.lower()] if serial else [])]


def _span(figures: Figures) -> tuple[datetime, datetime]:
    return figures.start_at - FOLLOWS, figures.end_at + FOLLOWS


def _is_same_mission(draft: Draft, stored: Document, names: Mapping[str, PlatformName]) -> bool:
    own, figures, metadata = draft.identity, draft.summary.figures, draft.metadata
    is_apart = gap(figures, stored["figures"]) >= timedelta()
    overlap = not is_apart and boxes_meet(figures.bbox, stored["figures"]["bbox"])
    own_serials = _serials(own.platform, metadata, names)
    serials = _serials(stored["platform"], stored["metadata"], names)
    if _label(own.platform, names) == _label(stored["platform"], names) and mission_ids.same_stamp(
        own.mission, stored["mission"]
    ):
        # To the minute the stamps are evidence enough; a glider may be deployed twice on one day.
        return overlap or ("T" in own.mission and "T" in stored["mission"])
    has_same_wmo_id = metadata.get("wmo_id") is not None and metadata["wmo_id"] == stored["metadata"].get("wmo_id")
    return has_same_wmo_id and not own_serials.isdisjoint(serials) and overlap


def _label(platform: str, names: Mapping[str, PlatformName]) -> str:
    """The serial that the operator gives to the platform, else the platform: equal for the aliases of a token."""
    serial = names[platform].serial if platform in names else None
    return mission_ids.platform_key(serial or platform)


def _serials(platform: str, metadata: Mapping[str, Any], names: Mapping[str, PlatformName]) -> set[int]:
    """The serial numbers that the platform's names hold: 76 for `SEA076`, `sea076` and `76`."""
    texts = (platform, _label(platform, names), str(metadata.get("platform_serial") or ""))
    return {int(match[1]) for text in texts if (match := _SERIAL.search(text))}
