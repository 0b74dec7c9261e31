"""Another id for a platform: its missions move one by one, each in a transaction, and old addresses redirect.

The former id is stored first, so that imports under it go to the present one as soon as a mission has moved. At every
moment each mission exists once, so that totals are exact. A rename that was killed is continued by the same command.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pymongo.client_session import ClientSession

from app import events
from app.domain.audit import Actor, AuditOutcome
from app.domain.basins import BasinMap
from app.errors import Conflict, Invalid, NotFound
from app.ingest.derive import rebuild
from app.ingest.importer import NotRebuilt
from app.ingest.interpret import identity
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import commit, mission_changes, mission_removal, platform_summary
from app.store import (
    audit,
    change_log,
    mission_versions,
    missions,
    platform_aliases,
    platforms,
    rebuild_queue,
    reported_positions,
    restorations,
    transactions,
    updates,
    version_copies,
    versions,
    withdrawals,
)

Names = Mapping[str, PlatformName]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The missions of a platform that move, and its withdrawn ones."""

    former: str
    present: str
    missions: tuple[str, ...]
    withdrawn: tuple[str, ...]

    @property
    def counts(self) -> str:
        """The numbers of missions in words."""
        numbers = ((len(self.missions), "mission"), (len(self.withdrawn), "withdrawn mission"))
        given = [f"{number} {noun if number == 1 else f'{noun}s'}" for number, noun in numbers if number]
        return " and ".join(given) or "no mission"


def plan(former: str, present: str) -> Plan:
    """The rename; without missions if it is done already. Raises Invalid, NotFound and Conflict."""
    former, present = former.lower(), _valid(present)
    if former == present:
        raise Invalid("NEW", "is the present id")
    own, others = (transactions.run(partial(_of, name)) for name in (former, present))
    begun = platform_aliases.current(former)
    is_begun = begun == present
    if begun is not None and not is_begun and any(own):
        raise Conflict(f"{former} is being renamed to {begun}: finish `halocline rename {former} {begun}` first")
    if not is_begun and not any(own):
        raise NotFound(f"there is no platform {former}")
    if not is_begun and any(others):
        raise Conflict(f"there is a platform {present} already: `halocline merge` joins single missions")
    return Plan(former, present, *own)


def rename(renaming: Plan, reason: str | None, actor: Actor, names: Names, basin_map: BasinMap) -> AuditOutcome:
    """Give the platform its new id; "unchanged" if it has it already.

    Raises Conflict if a mission exists under both ids, and NotRebuilt and pymongo's errors like an import.
    """
    former, present = renaming.former, renaming.present
    outcome: AuditOutcome = "done" if renaming.missions or renaming.withdrawn else "unchanged"
    events.announce(transactions.run(lambda session: _begin(former, present, session)))
    # First, so that an import under the new id finds them.
    for mission in renaming.withdrawn:
        _move_withdrawn(former, mission, present, names)
    for mission in renaming.missions:
        _move(former, mission, present, names)
    failed = rebuild.rebuild(basin_map)
    commit.sweep()
    detail = f"to {present}, {renaming.counts}"
    audit.append(actor, "rename", former, outcome, datetime.now(UTC), reason=reason, detail=detail)
    if failed:
        raise NotRebuilt(failed)
    return outcome


def _valid(platform: str) -> str:
    try:
        return str(identity.options(platform, None, None).platform)
    except Invalid as error:
        raise Invalid("NEW", error.problem) from error


def _of(platform: str, session: ClientSession) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The missions of a platform and its withdrawn ones. Raises Conflict for a simulated platform."""
    stored = missions.of_platform(platform, session)
    if any(mission.simulated for mission in stored):
        raise Conflict(f"{platform} has simulated missions")
    withdrawn = tuple(each.mission for each in withdrawals.of_platform(platform, session))
    return tuple(mission.mission for mission in stored), withdrawn


def _begin(former: str, present: str, session: ClientSession) -> int:
    now = datetime.now(UTC)
    # The platform that had the present id before, and is found by it until now.
    namesake = platform_aliases.current(present, session)
    platform_aliases.put(former, present, _label(former, session), now, session)
    reported_positions.rename(former, present, session)
    number = change_log.append((f"platform:{former}", f"platform:{present}"), now, session)
    if namesake is not None and namesake != former:
        rebuild_queue.mark((f"updates:{namesake}",), number, session)
    return number


def _label(platform: str, session: ClientSession) -> str | None:
    """The label of a platform, which was part of the address of its page; None if nothing of it is stored any more."""
    owner = platforms.of(platform, session)
    if owner is not None:
        return owner.serial
    return next((each.serial for each in withdrawals.of_platform(platform, session)), None)


def _move(former: str, mission: str, present: str, names: Names) -> None:
    """Move a mission; again from its begin if it is replaced, or gets a profile, meanwhile."""
    while (doc := missions.document(former, mission)) is not None:
        version_copies.copy(former, mission, doc["version"], present)
        number = transactions.run(partial(_swap, doc, present, names))
        if number is not None:
            events.announce(number)
            return


def _swap(doc: Document, present: str, names: Names, session: ClientSession) -> int | None:
    """The number of the change; None if the mission has changed since it was copied."""
    former, mission, version = doc["platform"], doc["mission"], doc["version"]
    current = missions.document(former, mission, session)
    if current is None or any(current[name] != doc[name] for name in ("version", "source", "figures")):
        return None
    if missions.document(present, mission, session) is not None:
        joins = f"`halocline merge {former}/{mission} {present}/{mission}` joins both"
        raise Conflict(f"{present}/{mission} exists: {joins}")
    if not versions.settle(present, mission, version, session):
        return None
    missions.put_document({**current, "platform": present}, session)
    missions.remove(former, mission, version, session)
    updates.copy(former, mission, present, session)
    mission_versions.rename(former, mission, present, session)
    restorations.rename(former, mission, present, session)
    mission_removal.forget(former, mission, version, names, session)
    number = mission_changes.log(present, mission, names, datetime.now(UTC), session)
    rebuild_queue.mark(rebuild_queue.sums_of([former]), number, session)
    return number


def _move_withdrawn(former: str, mission: str, present: str, names: Names) -> None:
    stone = withdrawals.find(former, mission)
    if stone is None:
        return
    version_copies.copy(former, mission, stone.version, present)

    def swap(session: ClientSession) -> int | None:
        doc = withdrawals.document(former, mission, session)
        if doc is None:
            return None
        if missions.document(present, mission, session) is not None:
            raise Conflict(f"{present}/{mission} exists, and {former}/{mission} is withdrawn: withdraw it, too")
        now = datetime.now(UTC)
        versions.settle(present, mission, stone.version, session)
        versions.retire(former, mission, stone.version, now, session)
        moved = {**doc, "_id": f"{present}/{mission}", "platform": present}
        named = platform_summary.present_names(present, names, session)
        name = named.name or doc["metadata"].get("platform_name")
        withdrawals.put(replace(stone, platform=present, serial=named.serial, name=name), moved, session)
        withdrawals.remove(former, mission, session)
        updates.copy(former, mission, present, session)
        mission_versions.rename(former, mission, present, session)
        restorations.rename(former, mission, present, session)
        tags = (f"mission:{former}/{mission}", f"mission:{present}/{mission}")
        number = change_log.append(tags, now, session)
        rebuild_queue.mark((f"updates:{former}", f"updates:{present}"), number, session)
        return number

    number = transactions.run(swap)
    if number is not None:
        events.announce(number)
