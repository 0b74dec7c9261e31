"""Withdrawal of a mission: hidden everywhere at once, and shown again by its restoration with the same numbers.

The mission's document moves into a tombstone, in the transaction that removes what derives from it, recomputes sums,
updates and search entries, logs the change and writes the audit log: it shows nowhere from then on, also if the process
is killed. Profiles, samples and originals stay where they are.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.client_session import ClientSession

from app import events
from app.domain.audit import Actor, AuditOutcome
from app.domain.basins import BasinMap
from app.domain.withdrawals import Restoration, Withdrawal
from app.errors import NotFound
from app.ingest.corrections import mission_names
from app.ingest.derive import rebuild
from app.ingest.importer import NotRebuilt
from app.ingest.interpret.identity import PlatformName
from app.ingest.persist import mission_changes, mission_removal, platform_summary
from app.store import audit, missions, rebuild_queue, restorations, transactions, updates, withdrawals

Names = Mapping[str, PlatformName]
Document = Mapping[str, Any]


def withdraw(name: str, reason: str, actor: Actor, names: Names, basin_map: BasinMap) -> AuditOutcome:
    """Hide the mission; "unchanged" if it is withdrawn already.

    Raises NotFound, Conflict for a simulated mission, and NotRebuilt and pymongo's errors like an import.
    """
    if mission_names.tombstone(name) is None:
        mission_names.stored(name)
    number = transactions.run(lambda session: _withdraw(name, reason, actor, names, basin_map, session))
    return _finish(number, basin_map)


def restore(name: str, reason: str | None, actor: Actor, names: Names, basin_map: BasinMap) -> AuditOutcome:
    """Show a withdrawn mission again; "unchanged" if it is not withdrawn. Raises like `withdraw`."""
    if mission_names.tombstone(name) is None:
        mission_names.stored(name)
    number = transactions.run(lambda session: _restore(name, reason, actor, names, basin_map, session))
    return _finish(number, basin_map)


def _withdraw(
    name: str, reason: str, actor: Actor, names: Names, basin_map: BasinMap, session: ClientSession
) -> int | None:
    """The number of the last change; None if the mission is withdrawn already."""
    platform, mission = mission_names.parted(name)
    now = _now_ms()
    doc = missions.document(platform, mission, session)
    if doc is None:
        if withdrawals.find(platform, mission, session) is None:
            raise NotFound(f"there is no mission {name}")
        audit.append(actor, "withdraw", name, "unchanged", now, reason=reason, session=session)
        return None
    withdrawals.put(_tombstone(doc, now, reason, names, session), doc, session)
    missions.remove(platform, mission, doc["version"], session)
    number = mission_removal.hide(platform, mission, names, session)
    sums = rebuild_queue.sums_of([platform])
    rebuild_queue.mark(sums, number, session)
    number = rebuild.within((f"updates:{platform}", *sums), basin_map, session) or number
    detail = f"version {doc['version']}"
    audit.append(actor, "withdraw", name, "done", now, reason=reason, detail=detail, session=session)
    return number


def _tombstone(doc: Document, now: datetime, reason: str, names: Names, session: ClientSession) -> Withdrawal:
    """The tombstone of a stored mission."""
    platform, mission = doc["platform"], doc["mission"]
    named = platform_summary.present_names(platform, names, session)
    before = restorations.find(platform, mission, session)
    return Withdrawal(
        platform,
        mission,
        doc["version"],
        now,
        reason,
        serial=named.serial,
        name=named.name or doc["metadata"].get("platform_name"),
        learned=updates.learned(platform, mission, session),
        number=1 if before is None else before.number + 1,
    )


def _restore(
    name: str, reason: str | None, actor: Actor, names: Names, basin_map: BasinMap, session: ClientSession
) -> int | None:
    """The number of the last change; None if the mission is not withdrawn."""
    platform, mission = mission_names.parted(name)
    now = _now_ms()
    doc = withdrawals.document(platform, mission, session)
    if doc is None:
        audit.append(actor, "restore", name, "unchanged", now, reason=reason, session=session)
        return None
    missions.put_document(doc, session)
    if (stone := withdrawals.find(platform, mission, session)) is not None:
        restorations.put(Restoration(platform, mission, now, reason, stone.learned, stone.number), session)
    withdrawals.remove(platform, mission, session)
    number = mission_changes.log(platform, mission, names, now, session)
    # The set of basins may have been replaced meanwhile.
    rebuild_queue.mark((f"basins:{name}",), number, session)
    scopes = (f"basins:{name}", f"mission:{name}", f"updates:{platform}", *rebuild_queue.sums_of([platform]))
    number = rebuild.within(scopes, basin_map, session) or number
    detail = f"version {doc['version']}"
    audit.append(actor, "restore", name, "done", now, reason=reason, detail=detail, session=session)
    return number


def _finish(number: int | None, basin_map: BasinMap) -> AuditOutcome:
    """Announce the change and draw the sections. An earlier run may have been killed before it."""
    if number is not None:
        events.announce(number)
    if failed := rebuild.rebuild(basin_map):
        raise NotRebuilt(failed)
    return "unchanged" if number is None else "done"


def _now_ms() -> datetime:
    """Now, in the millisecond precision of MongoDB."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
