"""Profiles that arrive one by one: upserted into the current version, each under the rule of modes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain.mission_summary import Part, Remainder, summarise
from app.domain.profiles import REPEAT_GAP_MS
from app.domain.records import MODE_RANK, Mission, Outcome
from app.domain.times import to_ms
from app.ingest.context import ImportContext
from app.ingest.interpret import quality_control
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.precedence import Standing, require_higher
from app.ingest.persist.mapping import (
    File,
    extra_of,
    mission_of,
    new_mission,
    part_of,
    profile_documents,
    remainder_of,
    sample_documents,
    source_of,
)
from app.ingest.refusals import CHANGED, Refused
from app.store import missions, original_files, profiles, samples


def merge(draft: Draft, file: File, tools: ImportContext, session: ClientSession, now: datetime) -> Outcome:
    """Puts the draft's profiles into the mission's current version, in the session's transaction.

    "stored" for new profiles, "replaced" when others gave way, "unchanged" when they are these. Raises Refused.
    """
    platform, mission = draft.identity.platform, draft.identity.mission
    stored = missions.document(platform, mission, session)
    if stored and stored.get("kind", draft.kind) != draft.kind:
        raise Refused("other_kind", f"the stored mission is of a {stored['kind']}, not of a {draft.kind}", "kind")
    version = stored["version"] if stored else draft.version
    there = profiles.of_version(platform, mission, version, session) if stored else []
    twins = [doc for doc in there if any(_is_same(doc, part) for part in draft.parts)]
    if twins and all(doc["sha256"] == file.sha256 for doc in twins):
        return "unchanged"
    for doc in twins:
        stands = Standing.of(doc["data_mode"], doc["modified_ms"], doc["end_at"])
        require_higher(Standing.of(draft.identity.mode, draft.modified_ms, draft.summary.figures.end_at), stands)
    # Outside the transaction on purpose: a file is the same whatever becomes of this one.
    keep_original(file, now)
    replaced_ids = {doc["_id"] for doc in twins}
    rest = [doc for doc in there if doc["_id"] not in replaced_ids]
    quality_control.require_few_profiles(len(rest) + len(draft.parts))
    remainder = remainder_of(stored) if stored else Remainder()
    whole = summarise([*(part_of(doc) for doc in rest), *draft.parts], remainder, tools.basin_map)
    profiles.remove(twins, session)
    profiles.put(profile_documents(draft, version, file, whole.flagged[len(rest) :]), afresh=False, session=session)
    samples.put(list(sample_documents(draft, version, 0, len(draft.parts))), afresh=False, session=session)
    profiles.flag({d["_id"]: f for d, f in zip(rest, whole.flagged, strict=False) if f != d["flagged"]}, session)
    fresh, _ = new_mission(draft, file, now, ())
    record = _merged(mission_of(stored), fresh, draft, file, now) if stored else fresh
    record = replace(record, figures=whole.figures, basins=whole.basins, warnings=whole.warnings)
    modified = [ms for ms in (stored["modified_ms"] if stored else None, draft.modified_ms) if ms is not None]
    quality: dict[str, Any] = stored["quality"] if stored else {}
    missions.put(record, extra_of(whole, remainder, max(modified, default=None), quality), session)
    return "replaced" if twins else "stored"


def keep_original(file: File, now: datetime) -> None:
    """Keeps the file's bytes, if it has any. Raises Refused when they are no longer those that were read."""
    if file.made_up:
        return
    if file.beside is not None:
        keep_original(file.beside, now)
    try:
        kept = original_files.keep(file.sha256, file.path, file.name, now)
    except OSError as error:
        raise Refused("not_found", f"cannot be read any more: {error.strerror or error}") from error
    if not kept:
        raise Refused(*CHANGED)


def _is_same(doc: dict[str, Any], part: Part) -> bool:
    """Whether the stored profile is this one: the same number, and no six hours between them."""
    start_ms, end_ms = to_ms(doc["start_at"]), to_ms(doc["end_at"])
    apart_ms = max(part.start_ms - end_ms, start_ms - part.end_ms)
    return bool(doc["number"] == part.number and apart_ms <= REPEAT_GAP_MS)


def _merged(before: Mission, fresh: Mission, draft: Draft, file: File, now: datetime) -> Mission:
    """What a mission says of itself when profiles join it: what it said stays, what is new is added."""
    known = {variable.name for variable in before.variables}
    added = tuple(variable for variable in fresh.variables if variable.name not in known)
    quality_control.require_few_variables(len(known) + len(added))
    return replace(
        before,
        # Whatever mode has come in is not to be replaced by a lower one.
        data_mode=max(before.data_mode, fresh.data_mode, key=lambda mode: MODE_RANK[mode]),
        variables=before.variables + added,
        metadata={**fresh.metadata, **before.metadata},
        source=source_of(draft, file, now) if before.source.scope == "profiles" else before.source,
    )
