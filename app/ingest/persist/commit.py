"""Commit a draft: write its version beside the stored one, then replace, log and count in one transaction.

Killed at any point and run again, the store ends as after one complete run: every document has one possible id.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.client_session import ClientSession

from app import events
from app.domain.basins import BasinMap
from app.domain.import_log import ImportAttempt
from app.domain.records import Basin, EarlierVersion, Mission, Outcome
from app.errors import HaloclineError
from app.ingest.interpret.identity import PlatformName
from app.ingest.interpret.import_terms import USUAL, Terms
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.replacement_rules import require_half, require_replaceable
from app.ingest.persist import (
    admission,
    file_parts,
    mission_changes,
    originals,
    profile_merge,
    version_record,
    version_writer,
)
from app.ingest.persist.mapping import File, mission_of, new_mission, not_imported, precedence_of
from app.ingest.refusals import Refused
from app.store import (
    audit,
    basins,
    change_log,
    imports,
    mission_versions,
    missions,
    profiles,
    rebuild_queue,
    transactions,
    versions,
)

# Readers and cursors that started with a version can continue with it for this time after its replacement.
RETIRED_FOR = timedelta(minutes=10)
# An active mission is replaced several times a day, and its document must stay small. `mission_versions` has all.
_MOST_EARLIER = 50
# Code, cause and variable of a refusal.
SIMULATED_MISMATCH = ("simulated_mismatch", "a mission is either real or simulated, not both", "simulated")

Work = Callable[[ClientSession, datetime], Outcome | None]


class Superseded(HaloclineError):
    """Another import stored the mission after the draft was compared with it: it must be compared again."""


def commit_draft(
    draft: Draft, file: File, basin_map: BasinMap, names: Mapping[str, PlatformName], terms: Terms = USUAL
) -> Outcome:
    """Store the draft under these terms, log the attempt and return the outcome.

    Raises Refused, which is not yet logged, when the stored data have precedence; Superseded when another import stored
    the mission since the draft was compared with it; pymongo's errors when the store fails.
    """
    admission.require(draft.identity.platform, draft.identity.mission)
    if draft.scope == "profiles":

        def merge(session: ClientSession, now: datetime) -> Outcome | None:
            return profile_merge.merge(draft, file, basin_map, session, now, terms.may_replace)

        return _commit(merge, draft, file, names, terms)
    if file.made_up:
        # A simulated mission is replaced by its maker alone.
        terms = replace(terms, shorter=True)
    stored = missions.document(draft.identity.platform, draft.identity.mission)
    if stored is None or not holds(stored, draft, file, terms):
        _require_compared(draft, stored)
        if stored is not None:
            require_replaceable_by(draft, file, stored, terms)
        originals.store(file, datetime.now(UTC))
        version_writer.write(draft, file)
    return _commit(lambda session, now: _replace(draft, file, terms, session, now), draft, file, names, terms)


def replace_basins(new: Sequence[Basin]) -> None:
    """Make these the basins of the portal. If areas changed, mark every mission for a new assignment to basins."""
    current, wanted = basins.digests(), _digests.of(new)
    if current == wanted:
        return
    basins.replace_all(new)
    if current.areas != wanted.areas:
        ids = missions.ids()
        rebuild_queue.mark_backlog(f"basins:{name}" for name in ids)
        rebuild_queue.mark_backlog(rebuild_queue.sums_of(name.partition("/")[0] for name in ids) if ids else ())
    # Last, so that a run that was killed before is repeated.
    events.announce(transactions.run(lambda session: _note_basins(wanted, session)))


class _Digests:
    """The digests of the last basins: a worker imports each file with the same ones, whose outlines take 0.1 s."""

    def __init__(self) -> None:
        self._last: tuple[Sequence[Basin] | None, basins.Digests] = (None, basins.Digests())

    def of(self, new: Sequence[Basin]) -> basins.Digests:
        last, digests = self._last
        if last is not new:
            areas = _digest(new, ("id", "name", "source", "geometry", "outline", "part_of"))
            digests = basins.Digests(areas, _digest(new, ("id", "name", "aliases", "other_names")))
            self._last = (new, digests)
        return digests


_digests = _Digests()


def _digest(of: Sequence[Basin], fields: Sequence[str]) -> str:
    text = json.dumps([[getattr(basin, name) for name in fields] for basin in of])
    return hashlib.sha256(text.encode()).hexdigest()


def _note_basins(digests: basins.Digests, session: ClientSession) -> int:
    # Also without missions: the map and the list of basins show the basins themselves.
    number = change_log.append(("basins",), datetime.now(UTC), session)
    basins.note_digests(digests, session)
    return number


def log_refusal(
    file_name: str, sha256: str | None, refusal: Refused, draft: Draft | None, terms: Terms = USUAL
) -> None:
    """Log an attempt that stored nothing."""
    attempt = _attempt(file_name, sha256, "refused", draft, datetime.now(UTC), terms, refusal)
    transactions.run(lambda session: imports.log(attempt, session))


def sweep() -> int:
    """Remove versions that were retired ten minutes ago, and unfinished versions of killed importers."""
    return versions.sweep(datetime.now(UTC) - RETIRED_FOR)


def _replace(draft: Draft, file: File, terms: Terms, session: ClientSession, now: datetime) -> Outcome | None:
    """Make the written version current. None when a sweep removed it in the meantime: it must be written again."""
    platform, mission = draft.identity.platform, draft.identity.mission
    stored = missions.document(platform, mission, session)
    if stored is not None and holds(stored, draft, file, terms):
        return "unchanged"
    _require_compared(draft, stored, session)
    if stored is not None:
        require_replaceable_by(draft, file, stored, terms)
    if not versions.settle(platform, mission, draft.version, session):
        return None
    earlier: tuple[EarlierVersion, ...] = ()
    if stored is not None:
        before = mission_of(stored)
        # Simulated missions are replaced every ten minutes and have no history.
        if not file.made_up:
            replaced = EarlierVersion(before.version, before.data_mode, now, before.source.file_name, before.figures)
            earlier = (*before.earlier, replaced)[-_MOST_EARLIER:]
            if before.source.scope == "mission":
                mission_versions.put_if_absent(version_record.of(before), session)
        versions.retire(platform, mission, before.version, now, session)
    record, extra = new_mission(draft, file, now, earlier)
    missions.put(record, extra, session)
    if not file.made_up:
        mission_versions.put(version_record.of(record, terms), session)
    return "stored" if stored is None else "replaced"


def holds(stored: Mapping[str, Any], draft: Draft, file: File, terms: Terms) -> bool:
    """True if the stored mission is of the draft's version, or has the file as one of its parts in the same mode."""
    if draft.version in (stored["version"], stored.get("natural_version")):
        return True
    is_same_mode = bool(stored["data_mode"] == draft.identity.mode)
    return is_same_mode and not terms.may_shorten and file.sha256 in file_parts.digests(stored)


def require_replaceable_by(draft: Draft, file: File, stored: Mapping[str, Any], terms: Terms) -> None:
    """Raises Refused unless the draft may replace the stored mission.

    A draft of all its files may, and with `may_shorten` a part may replace all parts, which takes the others out; but
    neither may lose more than half of the mission.
    """
    if terms.may_replace:
        return
    record = mission_of(stored)
    is_one_of_parts = record.data_mode == draft.identity.mode and file.sha256 in file_parts.digests(stored)
    if not (draft.files or (terms.may_shorten and is_one_of_parts) or _adds_flags(draft, file, record)):
        require_replaceable(draft, record, precedence_of(stored), terms.may_shorten)
    if not file.made_up:
        require_half(draft, record)


def _adds_flags(draft: Draft, file: File, stored: Mission) -> bool:
    """True for the same file if an earlier release imported it without its quality flags.

    Nothing was added to the mission since, and the file gives it the same mode.
    """
    old, new = stored.figures, draft.summary.figures
    is_as_long = new.start_at <= old.start_at and new.end_at >= old.end_at
    has_new_flags = stored.source.sha256 == file.sha256 and bool(draft.flags) and not stored.flags
    return has_new_flags and is_as_long and stored.data_mode == draft.identity.mode


def _require_compared(draft: Draft, stored: Mapping[str, Any] | None, session: ClientSession | None = None) -> None:
    """Raises Superseded if the draft was compared with another version than the stored one, or lacks a new profile."""
    if not draft.is_compared:
        return
    if draft.base != (None if stored is None else stored["version"]):
        raise Superseded(f"{draft.identity.platform}/{draft.identity.mission} was replaced meanwhile")
    if stored is not None and draft.files:
        where = (stored["platform"], stored["mission"], stored["version"], stored["source"]["sha256"])
        if not profiles.are_of_file(*where, session):
            raise Superseded(f"a profile was added to {stored['_id']} meanwhile")


def _commit(work: Work, draft: Draft, file: File, names: Mapping[str, PlatformName], terms: Terms) -> Outcome:
    """Run `work`, the log of changes, the marks for rebuilds and the import log in one transaction; then notify."""
    now = _now_ms()
    attempt_id = uuid.uuid4().hex
    platform, mission = draft.identity.platform, draft.identity.mission

    def transaction(session: ClientSession) -> tuple[Outcome, int | None] | None:
        admission.require(platform, mission, session)
        if missions.is_simulated(platform, mission, session) not in (None, draft.simulated):
            raise Refused(*SIMULATED_MISMATCH)
        outcome = work(session, now)
        if outcome is None:
            return None
        number = None
        if outcome != "unchanged":
            number = mission_changes.log(platform, mission, names, now, session, draft.simulated)
        if not file.made_up:
            attempt = _attempt(file.name, file.sha256, outcome, draft, now, terms, attempt_id=attempt_id)
            imports.log(attempt, session, 0 if outcome == "unchanged" else len(draft.parts))
        if outcome == "replaced" and terms.actor is not None and terms.may_replace:
            detail, name = f"by {file.name}, version {draft.version}", f"{platform}/{mission}"
            audit.append(
                terms.actor, terms.action, name, "done", now, reason=terms.reason, detail=detail, session=session
            )
        return outcome, number

    while (result := transactions.run(transaction)) is None:
        version_writer.write(draft, file)
    outcome, number = result
    if number is not None:
        events.announce(number)
    return outcome


def _attempt(
    file_name: str,
    sha256: str | None,
    outcome: Outcome,
    draft: Draft | None,
    at: datetime,
    terms: Terms,
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
        actor=terms.actor.label if terms.actor is not None else None,
        provider=terms.provider,
    )


def _now_ms() -> datetime:
    """Now, in the millisecond precision of MongoDB."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
