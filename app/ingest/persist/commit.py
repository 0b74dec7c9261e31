"""A draft into the store: beside what is there first, then one transaction that swaps, logs and counts.

Killed at any point and run again, the store ends as after one clean run: every document has one possible id.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
from pymongo.client_session import ClientSession

from app import events
from app.domain.records import Basin, EarlierVersion, ImportAttempt, Outcome
from app.ingest.context import ImportContext
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.replacement_rules import require_place
from app.ingest.persist import platform_summary, profile_merge
from app.ingest.persist.mapping import File, mission_of, new_mission, profile_documents, sample_documents
from app.ingest.refusals import Refused
from app.store import basins, change_log, imports, missions, profiles, rebuild_queue, samples, transactions, versions

# A reader or a cursor that began with a version may go on with it for so long.
RETIRED_FOR = timedelta(minutes=10)
# An announcement is renewed long before a sweep takes the version for one that was left.
ANNOUNCED_FOR = RETIRED_FOR / 10
# What is written at once: a few megabytes of samples, so that memory stays flat, in no more profiles than the deadline
# of a command allows on a slow disk.
_BYTES_AT_ONCE = 4 << 20
_PROFILES_AT_ONCE = 1_000
# A mission that is under way is replaced several times a day; its document must not grow for ever. The import log
# has them all.
_MOST_EARLIER = 50


def take_in(draft: Draft, file: File, tools: ImportContext) -> Outcome:
    """Stores the draft and returns what became of it; the attempt is logged with it.

    Raises Refused, not logged yet, when what is stored stands above it; pymongo's errors when the store fails.
    """
    if draft.scope == "profiles":
        return _commit(lambda session, now: profile_merge.merge(draft, file, tools, session, now), draft, file, tools)
    stored = missions.document(draft.identity.platform, draft.identity.mission)
    if stored is None or stored["version"] != draft.version:
        if stored is not None:
            require_place(draft, stored)
        profile_merge.keep_original(file, datetime.now(UTC))
        _write(draft, file)
    return _commit(lambda session, now: _swap(draft, file, session, now), draft, file, tools)


def learn_basins(found: Sequence[Basin]) -> None:
    """Makes these the basins of the portal, when they are not yet, and marks every mission to be sorted anew."""
    text = json.dumps([(basin.id, basin.name, basin.source, basin.geometry, basin.outline) for basin in found])
    digest = hashlib.sha256(text.encode()).hexdigest()
    if basins.digest() != digest:
        basins.replace_all(found)
        events.nudge(transactions.run(lambda session: _note_basins(digest, session)))


def _note_basins(digest: str, session: ClientSession) -> int:
    ids = missions.ids(session)
    # Without missions as well: the map and the list of basins show them all the same.
    number = change_log.append(("basins",), datetime.now(UTC), session)
    if ids:
        sums = rebuild_queue.sums_of(name.partition("/")[0] for name in ids)
        rebuild_queue.mark((*(f"basins:{name}" for name in ids), *sums), number, session)
    basins.note_digest(digest, session)
    return number


def log_refusal(file_name: str, sha256: str | None, refusal: Refused, draft: Draft | None) -> None:
    """Logs an attempt that stored nothing."""
    attempt = _attempt(file_name, sha256, "refused", draft, datetime.now(UTC), refusal)
    transactions.run(lambda session: imports.log(attempt, session))


def sweep() -> int:
    """Removes versions that have been out for ten minutes, and those that a killed importer never finished."""
    return versions.sweep(datetime.now(UTC) - RETIRED_FOR)


def _write(draft: Draft, file: File) -> None:
    """Writes all documents of the draft's version, where nobody looks yet.

    Stops when another importer of the same file made it current meanwhile: profiles may have joined it since.
    """
    key = (draft.identity.platform, draft.identity.mission, draft.version)
    announced_at = datetime.now(UTC)
    leftovers = versions.begin(*key, at=announced_at)
    kept: list[str] = []
    # While MongoDB stores a batch, the next one is made: never more than two in memory.
    with ThreadPoolExecutor(1) as storing:
        stored: Future[None] | None = None
        for first, last in _batches(draft):
            found = list(sample_documents(draft, draft.version, first, last))
            if stored is not None:
                stored.result()
            if leftovers and missions.is_current(*key):
                return
            if (now := datetime.now(UTC)) - announced_at > ANNOUNCED_FOR:
                announced_at = now
                versions.touch(*key, at=now)
            stored = storing.submit(samples.put, found, afresh=not leftovers)
            kept += [doc["_id"] for doc in found]
        whole = profile_documents(draft, draft.version, file)
        if stored is not None:
            stored.result()
    if not leftovers:
        profiles.put(whole, afresh=True)
        return

    def clear(session: ClientSession) -> None:
        # Looked up in the transaction that removes: what joins the version later is not in its snapshot.
        if not missions.is_current(*key, session):
            profiles.put(whole, afresh=False, session=session)
            profiles.remove_others(*key, ids=[doc["_id"] for doc in whole], session=session)
            samples.remove_others(*key, ids=kept, session=session)

    transactions.run(clear)


def _batches(draft: Draft) -> Iterator[tuple[int, int]]:
    """From which profile to before which the samples are written at once; -1 is what lies outside profiles."""
    rows_at_once = max(_BYTES_AT_ONCE // draft.row_bytes, 1)
    count, first = len(draft.parts), -1
    while first < count:
        # `offsets` begins with what lies outside profiles.
        full = int(np.searchsorted(draft.offsets, draft.offsets[first + 1] + rows_at_once, side="right")) - 2
        last = min(max(full, first + 1), first + _PROFILES_AT_ONCE, count)
        yield first, last
        first = last


def _swap(draft: Draft, file: File, session: ClientSession, now: datetime) -> Outcome | None:
    """Makes the written version current. None when it was swept meanwhile and must be written again."""
    platform, mission = draft.identity.platform, draft.identity.mission
    stored = missions.document(platform, mission, session)
    if stored is not None and stored["version"] == draft.version:
        return "unchanged"
    if stored is not None:
        require_place(draft, stored)
    if not versions.settle(platform, mission, draft.version, session):
        return None
    earlier: tuple[EarlierVersion, ...] = ()
    if stored is not None:
        before = mission_of(stored)
        # What is made up as it goes, every ten minutes anew, has no history.
        if not file.made_up:
            replaced = EarlierVersion(before.version, before.data_mode, now, before.source.file_name, before.figures)
            earlier = (*before.earlier, replaced)[-_MOST_EARLIER:]
        versions.retire(platform, mission, before.version, now, session)
    record, extra = new_mission(draft, file, now, earlier)
    missions.put(record, extra, session)
    return "stored" if stored is None else "replaced"


def _commit(
    work: Callable[[ClientSession, datetime], Outcome | None], draft: Draft, file: File, tools: ImportContext
) -> Outcome:
    """Runs `work` in a transaction with all that must be true together with it, and tells listeners afterwards."""
    now = _now_ms()
    attempt_id = uuid.uuid4().hex
    platform, mission = draft.identity.platform, draft.identity.mission

    def whole(session: ClientSession) -> tuple[Outcome, int | None] | None:
        if missions.is_simulated(platform, mission, session) not in (None, draft.simulated):
            raise Refused("other_world", "real and simulated data cannot be in one mission", "simulated")
        outcome = work(session, now)
        if outcome is None:
            return None
        number = None
        if outcome != "unchanged":
            # Simulated missions are in no total: nothing that real ones add up to is outdated.
            summed = "simulated" if platform_summary.refresh(platform, tools.names, session) else "totals"
            number = change_log.append((f"mission:{platform}/{mission}", f"platform:{platform}", summed), now, session)
            scopes = (
                f"mission:{platform}/{mission}",
                f"sections:{platform}/{mission}",
                f"updates:{platform}",
                *(() if draft.simulated else rebuild_queue.sums_of([platform])),
            )
            rebuild_queue.mark(scopes, number, session)
        if not file.made_up:
            imports.log(_attempt(file.name, file.sha256, outcome, draft, now, attempt_id=attempt_id), session)
        return outcome, number

    while (done := transactions.run(whole)) is None:
        _write(draft, file)
    outcome, number = done
    if number is not None:
        events.nudge(number)
    return outcome


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
    )


def _now_ms() -> datetime:
    """Now, as MongoDB keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
