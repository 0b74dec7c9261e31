"""Profiles that arrive one by one: upserted into the current version, each under the rules of precedence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from app.domain import mission_overlap
from app.domain.basins import BasinMap
from app.domain.mission_summary import Part, Remainder, summarise
from app.domain.quality_flags import FlagCounts
from app.domain.records import MODE_RANK, Mission, Outcome
from app.domain.times import to_ms
from app.ingest.formats import mission_limits
from app.ingest.interpret import flag_counts
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.replacement_rules import Precedence, precedence_of, require_higher
from app.ingest.persist import mapping, originals
from app.ingest.persist.mapping import File
from app.ingest.refusals import Refused
from app.store import missions, profiles, samples

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The mission of a draft and its profiles, as they are stored, and the outcome of a merge.

    `same` are the profiles that the draft replaces, `removed` the counts of their quality flags.
    """

    stored: Document | None
    profiles: Sequence[Document]
    same: Sequence[Document]
    removed: tuple[FlagCounts, ...]
    outcome: Outcome


def merge(
    draft: Draft, file: File, basin_map: BasinMap, session: ClientSession, now: datetime, may_replace: bool = False
) -> Outcome:
    """Put the draft's profiles into the mission's current version, in the session's transaction.

    "stored" for new profiles, "replaced" if they replace others, "unchanged" if they are stored. Raises Refused for
    profiles of lower precedence than the stored ones, unless `may_replace`.
    """
    comparison = compared(draft, file, session, may_replace)
    if comparison.outcome == "unchanged":
        return "unchanged"
    stored, same = comparison.stored, comparison.same
    # Not part of the transaction on purpose: the original is correct even if the transaction is aborted.
    originals.store(file, now)
    replaced_ids = {doc["_id"] for doc in same}
    others = [doc for doc in comparison.profiles if doc["_id"] not in replaced_ids]
    mission_limits.require_few_profiles(len(others) + len(draft.parts))
    profiles.remove(same, session)
    before = mapping.mission_of(stored).flags if stored else ()
    counts = flag_counts.changed(before, draft.flag_counts, comparison.removed)
    _put(draft, file, stored, others, counts, basin_map, session, now)
    return comparison.outcome


def compared(draft: Draft, file: File, session: ClientSession, may_replace: bool = False) -> Comparison:
    """The draft's profiles beside the stored ones; only reads. Raises Refused as `merge` does."""
    platform, mission = draft.identity.platform, draft.identity.mission
    stored = missions.document(platform, mission, session)
    if stored and (kind := stored.get("kind", draft.kind)) != draft.kind:
        raise Refused("platform_kind_mismatch", f"the stored mission is of a {kind}, not of a {draft.kind}", "kind")
    version = stored["version"] if stored else draft.version
    stored_profiles = profiles.of_version(platform, mission, version, session) if stored else []
    same = [doc for doc in stored_profiles if any(_is_same(doc, part) for part in draft.parts)]
    removed = flag_counts.of_documents(samples.of_profiles(same, session))
    # An earlier release imported the same file without its quality flags.
    adds_flags = bool(draft.flags) and not removed
    if same and all(doc["sha256"] == file.sha256 for doc in same) and not adds_flags:
        return Comparison(stored, stored_profiles, same, removed, "unchanged")
    for doc in same:
        if may_replace or doc["sha256"] == file.sha256:
            continue
        require_higher(precedence_of(draft), Precedence.of(doc["data_mode"], doc["modified_ms"], doc["end_at"]))
    return Comparison(stored, stored_profiles, same, removed, "replaced" if same else "stored")


def _put(
    draft: Draft,
    file: File,
    stored: Document | None,
    others: Sequence[Document],
    counts: tuple[FlagCounts, ...],
    basin_map: BasinMap,
    session: ClientSession,
    now: datetime,
) -> None:
    """Write the draft's profiles and samples, and the mission summarised again with the `others`."""
    version = stored["version"] if stored else draft.version
    remainder = _remainder(stored, draft)
    summary = summarise([*(mapping.part_of(doc) for doc in others), *draft.parts], remainder, basin_map)
    of_profiles = mapping.profile_documents(draft, version, file, summary.flagged[len(others) :])
    profiles.put(of_profiles, afresh=False, session=session)
    of_samples = list(mapping.sample_documents(draft, version, 0, len(draft.parts)))
    samples.put(of_samples, afresh=False, session=session)
    flags = zip(others, summary.flagged, strict=False)
    profiles.flag({doc["_id"]: flag for doc, flag in flags if flag != doc["flagged"]}, session)
    new, _ = mapping.new_mission(draft, file, now, ())
    record = _merged(mapping.mission_of(stored), new, draft, file, now) if stored else new
    record = replace(record, figures=summary.figures, basins=summary.basins, warnings=summary.warnings, flags=counts)
    modified = [ms for ms in (stored["modified_ms"] if stored else None, draft.modified_ms) if ms is not None]
    missions.put(record, mapping.extra_of(summary, remainder, max(modified, default=None)), session)


def _remainder(stored: Document | None, draft: Draft) -> Remainder:
    """The remainder of the mission, with the current count of other missions that may be the same one."""
    remainder = mapping.remainder_of(stored) if stored else Remainder()
    count = draft.remainder.warnings.get(mission_overlap.WARNING, 0)
    others = {code: n for code, n in remainder.warnings.items() if code != mission_overlap.WARNING}
    return replace(remainder, warnings={**others, **({mission_overlap.WARNING: count} if count else {})})


def _is_same(doc: Document, part: Part) -> bool:
    """True if the stored profile is this one: the same number, and spans that overlap.

    A dive down and the dive up may share a number; the end of one may be the start of the other.
    """
    start_ms, end_ms = to_ms(doc["start_at"]), to_ms(doc["end_at"])
    apart_ms = max(part.start_ms - end_ms, start_ms - part.end_ms)
    return bool(doc["number"] == part.number and (apart_ms < 0 or part.start_ms == start_ms))


def _merged(before: Mission, new: Mission, draft: Draft, file: File, now: datetime) -> Mission:
    """The mission with the metadata of added profiles: stored fields stay, missing ones are added."""
    stored_names = {variable.name for variable in before.variables}
    added = tuple(variable for variable in new.variables if variable.name not in stored_names)
    mission_limits.require_few_variables(len(stored_names) + len(added))
    return replace(
        before,
        # The mission has the highest mode of its profiles, so that a lower one cannot replace it.
        data_mode=max(before.data_mode, new.data_mode, key=lambda mode: MODE_RANK[mode]),
        variables=before.variables + added,
        metadata={**new.metadata, **before.metadata},
        source=mapping.source_of(draft, file, now) if before.source.scope == "profiles" else before.source,
    )
