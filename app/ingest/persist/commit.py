"""Commit a draft: write its version beside the stored one, then replace, log and count in one transaction.

Killed at any point and run again, the store ends as after one complete run: every document has one possible id.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from app import events
from app.domain.basins import BasinMap
from app.domain.import_log import ImportAttempt
from app.domain.records import Basin, EarlierVersion, Outcome
from app.errors import HaloclineError
from app.ingest.interpret.identity import PlatformName
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.replacement_rules import require_replaceable
from app.ingest.persist import file_parts, originals, platform_summary, profile_merge, version_writer
from app.ingest.persist.mapping import File, mission_of, new_mission, not_imported, precedence_of
from app.ingest.refusals import Refused
from app.store import basins, change_log, imports, missions, profiles, rebuild_queue, transactions, versions

# Readers and cursors that started with a version can continue with it for this time after its replacement.
RETIRED_FOR = timedelta(minutes=10)
# An active mission is replaced several times a day, and its document must stay small. The import log has all versions.
_MOST_EARLIER = 50

Work = Callable[[ClientSession, datetime], Outcome | None]


class Superseded(HaloclineError):
    """Another import stored the mission after the draft was compared with it: it must be compared again."""


def commit_draft(
    draft: Draft, file: File, basin_map: BasinMap, names: Mapping[str, PlatformName], may_shorten: bool = False
) -> Outcome:
    """Store the draft, log the attempt and return the outcome. `may_shorten`: it may cover less than the stored data.

    Raises Refused, which is not yet logged, when the stored data have precedence; Superseded when another import stored
    the mission since the draft was compared with it; pymongo's errors when the store fails.
    """
    if draft.scope == "profiles":
        return _commit(
            lambda session, now: profile_merge.merge(draft, file, basin_map, session, now), draft, file, names
        )
    # A simulated mission is replaced by its maker alone.
    may_shorten = may_shorten or file.made_up
    stored = missions.document(draft.identity.platform, draft.identity.mission)
    if stored is None or not _holds(stored, draft, file, may_shorten):
        _require_compared(draft, stored)
        if stored is not None:
            _require_replaceable(draft, file, stored, may_shorten)
        originals.store(file, datetime.now(UTC))
        version_writer.write(draft, file)
    return _commit(lambda session, now: _replace(draft, file, may_shorten, session, now), draft, file, names)


def replace_basins(new: Sequence[Basin]) -> None:
    """Make these the basins of the portal. If they changed, mark every mission for a new assignment to basins."""
    fields = ("id", "name", "source", "geometry", "outline", "part_of")
    text = json.dumps([[getattr(basin, name) for name in fields] for basin in new])
    digest = hashlib.sha256(text.encode()).hexdigest()
    if basins.digest() != digest:
        basins.replace_all(new)
        events.announce(transactions.run(lambda session: _note_basins(digest, session)))


def _note_basins(digest: str, session: ClientSession) -> int:
    ids = missions.ids(session)
    # Also without missions: the map and the list of basins show the basins themselves.
    number = change_log.append(("basins",), datetime.now(UTC), session)
    if ids:
        sums = rebuild_queue.sums_of(name.partition("/")[0] for name in ids)
        rebuild_queue.mark((*(f"basins:{name}" for name in ids), *sums), number, session)
    basins.note_digest(digest, session)
    return number


def log_refusal(file_name: str, sha256: str | None, refusal: Refused, draft: Draft | None) -> None:
    """Log an attempt that stored nothing."""
    attempt = _attempt(file_name, sha256, "refused", draft, datetime.now(UTC), refusal)
    transactions.run(lambda session: imports.log(attempt, session))


def sweep() -> int:
    """Remove versions that were retired ten minutes ago, and unfinished versions of killed importers."""
    return versions.sweep(datetime.now(UTC) - RETIRED_FOR)


def _replace(draft: Draft, file: File, may_shorten: bool, session: ClientSession, now: datetime) -> Outcome | None:
    """Make the written version current. None when a sweep removed it in the meantime: it must be written again."""
    platform, mission = draft.identity.platform, draft.identity.mission
    stored = missions.document(platform, mission, session)
    if stored is not None and _holds(stored, draft, file, may_shorten):
        return "unchanged"
    _require_compared(draft, stored, session)
    if stored is not None:
        _require_replaceable(draft, file, stored, may_shorten)
    if not versions.settle(platform, mission, draft.version, session):
        return None
    earlier: tuple[EarlierVersion, ...] = ()
    if stored is not None:
        before = mission_of(stored)
        # Simulated missions are replaced every ten minutes and have no history.
        if not file.made_up:
            replaced = EarlierVersion(before.version, before.data_mode, now, before.source.file_name, before.figures)
            earlier = (*before.earlier, replaced)[-_MOST_EARLIER:]
        versions.retire(platform, mission, before.version, now, session)
    record, extra = new_mission(draft, file, now, earlier)
    missions.put(record, extra, session)
    return "stored" if stored is None else "replaced"


def _holds(stored: Mapping[str, Any], draft: Draft, file: File, may_shorten: bool) -> bool:
    """True if the stored mission has the draft's version, or the file as one of its parts in the same mode."""
    if stored["version"] == draft.version:
        return True
    is_same_mode = bool(stored["data_mode"] == draft.identity.mode)
    return is_same_mode and not may_shorten and file.sha256 in file_parts.digests(stored)


def _require_replaceable(draft: Draft, file: File, stored: Mapping[str, Any], may_shorten: bool) -> None:
    """Raises Refused unless the draft may replace the stored mission.

    A draft of all its files may. The same file may, if an earlier release imported it without its quality flags and
    nothing was added to it since, and with `may_shorten` a part may replace all parts, which takes the others out.
    """
    is_same_mode = stored["data_mode"] == draft.identity.mode
    if draft.files or (may_shorten and is_same_mode and file.sha256 in file_parts.digests(stored)):
        return
    record = mission_of(stored)
    old, new = record.figures, draft.summary.figures
    adds_flags = record.source.sha256 == file.sha256 and bool(draft.flags) and not record.flags
    is_as_long = new.start_at <= old.start_at and new.end_at >= old.end_at
    if not (adds_flags and is_as_long and is_same_mode):
        require_replaceable(draft, record, precedence_of(stored), may_shorten)


def _require_compared(draft: Draft, stored: Mapping[str, Any] | None, session: ClientSession | None = None) -> None:
    """Raises Superseded if the draft was compared with another version than the stored one, or lacks a new profile."""
    version = None if stored is None else stored["version"]
    if draft.is_compared and draft.base != version:
        raise Superseded(f"{draft.identity.platform}/{draft.identity.mission} was replaced meanwhile")
    if stored is not None and draft.files:
        where = (stored["platform"], stored["mission"], stored["version"], stored["source"]["sha256"])
        if not profiles.are_of_file(*where, session):
            raise Superseded(f"a profile was added to {stored['_id']} meanwhile")


def _commit(work: Work, draft: Draft, file: File, names: Mapping[str, PlatformName]) -> Outcome:
    """Run `work`, the log of changes, the marks for rebuilds and the import log in one transaction; then notify."""
    now = _now_ms()
    attempt_id = uuid.uuid4().hex

    def transaction(session: ClientSession) -> tuple[Outcome, int | None] | None:
        platform, mission = draft.identity.platform, draft.identity.mission
        if missions.is_simulated(platform, mission, session) not in (None, draft.simulated):
            raise Refused("simulated_mismatch", "a mission is either real or simulated, not both", "simulated")
        outcome = work(session, now)
        if outcome is None:
            return None
        number = None if outcome == "unchanged" else _log_change(draft, names, now, session)
        if not file.made_up:
            attempt = _attempt(file.name, file.sha256, outcome, draft, now, attempt_id=attempt_id)
            imports.log(attempt, session, 0 if outcome == "unchanged" else len(draft.parts))
        return outcome, number

    while (result := transactions.run(transaction)) is None:
        version_writer.write(draft, file)
    outcome, number = result
    if number is not None:
        events.announce(number)
    return outcome


def _log_change(draft: Draft, names: Mapping[str, PlatformName], now: datetime, session: ClientSession) -> int:
    """Update the platform, log the change and mark the derived documents for a rebuild; the number of the change."""
    platform, mission = draft.identity.platform, draft.identity.mission
    # Simulated missions are in no total, so that the totals stay valid.
    summed = "simulated" if platform_summary.refresh(platform, names, session) else "totals"
    number = change_log.append((f"mission:{platform}/{mission}", f"platform:{platform}", summed), now, session)
    scopes = (
        f"mission:{platform}/{mission}",
        f"sections:{platform}/{mission}",
        f"updates:{platform}",
        *(() if draft.simulated else rebuild_queue.sums_of([platform])),
    )
    rebuild_queue.mark(scopes, number, session)
    return number


def _attempt(
    file_name: str,
    sha256: str | None,
    outcome: Outcome,
    draft: Draft | None,
    at: datetime,
    refusal: Refused | None = None,
    attempt_id: str | None = None,
) -> ImportAttempt:
    return ImportAttempt(
        id=attempt_id or uuid.uuid4().hex,
        at=at,
        file_name=file_name,
        sha256=sha256,
        outcome=outcome,
        reason_code=refusal.code if refusal else None,
        reason=refusal.line(file_name) if refusal else None,
        platform=draft.identity.platform if draft else None,
        mission=draft.identity.mission if draft else None,
        data_mode=draft.identity.mode if draft else None,
        warnings=draft.summary.warnings if draft else (),
        simulated=draft.simulated if draft else False,
        not_imported=not_imported(draft) if draft else (),
    )


def _now_ms() -> datetime:
    """Now, in the millisecond precision of MongoDB."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
