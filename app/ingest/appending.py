"""A file that continues a stored mission: both are joined, so that no part of the history is lost.

The originals of all parts are read again and the mission is computed from all rows: its figures are those of one file
that holds them. An import of the same part again changes nothing.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from app.domain.times import from_ms, to_ms
from app.ingest.context import ImportContext
from app.ingest.formats import mission_limits, subset_history
from app.ingest.formats.netcdf import CELLS_PER_SAMPLE
from app.ingest.formats.observations import TABLE_FORMAT, Observations
from app.ingest.interpret import deployment_split, identity, mission_draft, part_columns, part_identity, part_join
from app.ingest.interpret.identity import Identity, Options
from app.ingest.interpret.mission_draft import Draft
from app.ingest.interpret.part_columns import REMEDY
from app.ingest.interpret.part_join import FilePart
from app.ingest.interpret.replacement_rules import Precedence, are_apart, precedence_of, require_higher
from app.ingest.persist import file_parts, mission_match
from app.ingest.persist.mapping import File, require_storable
from app.ingest.refusals import Refused
from app.store import missions, original_files, profiles
from app.store.disk_space import DiskSpace

Document = dict[str, Any]
log = structlog.get_logger(__name__)

# After a longer pause the file may be another mission with the same id. The limit is also that of
# `interpret.time_islands`, which sets aside a few samples so far from the others.
_LONGEST_PAUSE = timedelta(days=30)
# Bytes of disk for each byte of the parts, as for a single file: the samples of all parts are written again. The check
# of the file alone does not suffice, because it compares the free space with the size of that file.
_WRITTEN_BYTES = 4


def appended(draft: Draft, part: Observations, file: File, tools: ImportContext, disk: DiskSpace) -> Draft:
    """The draft to commit: that of the whole mission if the file continues a stored one, else the draft of the file.

    It names the stored version that it was compared with. A part must not overlap the others in time, except for those
    whose span it covers: it replaces them, if it is newer. Raises Refused for parts that cannot be joined, RunFailed if
    the disk lacks the space.
    """
    stored = missions.document(draft.identity.platform, draft.identity.mission)
    draft = replace(draft, is_compared=True, base=None if stored is None else stored["version"])
    if stored is None or file.made_up or tools.terms.may_shorten or not _is_of_one_form(draft, part, file, stored):
        return draft
    own = _file_part(draft, file)
    files = file_parts.of_mission(stored)
    others = [each for each in files if are_apart(own, each)]
    replaced = [each for each in files if each not in others]
    is_stored = any(each.sha256 == own.sha256 for each in files)
    if not others or is_stored or not all(_covers(own, each) for each in replaced):
        return draft
    ordered = sorted([*others, own], key=lambda each: each.start_at)
    if not _are_near(ordered) or not _is_of_files_alone(stored):
        return draft
    _require_one_source(draft, stored, own, files, tools.options)
    for each in replaced:
        require_higher(precedence_of(draft), _precedence(draft, each))
    if len(ordered) > file_parts.MOST_PARTS:
        raise Refused("part_of_mission", f"the mission has {len(others)} parts already: {REMEDY}")
    disk.require(_WRITTEN_BYTES * sum(each.size_bytes for each in ordered))
    whole = _whole(draft, part, own, ordered, tools)
    _require_complete(whole, stored, draft, has_replaced=bool(replaced))
    require_storable(whole, file.path)
    log.info("part_appended", mission=stored["_id"], parts=len(ordered), file_name=file.name)
    return mission_match.warned(whole, tools.names, tools.merging)


def _file_part(draft: Draft, file: File) -> FilePart:
    figures = draft.summary.figures
    modified_at = None if draft.modified_ms is None else from_ms(draft.modified_ms)
    return FilePart(file.name, file.sha256, file.size_bytes, figures.start_at, figures.end_at, modified_at)


def _whole(draft: Draft, part: Observations, own: FilePart, files: Sequence[FilePart], tools: ImportContext) -> Draft:
    """The draft of all rows of the files. Raises Refused."""
    rows: list[Observations] = []
    for each in files:
        rows.append(part if each is own else _read(each, draft.identity, tools))
        # Before the next file is read: the rows of all will be in memory together.
        _require_small([*(known for known in rows if known is not part), part], tools.limits.max_samples)
    together = part_join.joined(rows)
    digest = part_join.digest_of(files)
    whole = mission_draft.draft(together, draft.identity, digest, tools.span, tools.basin_map)
    # The newest of all parts: an older file must not replace a part that was corrected later.
    modified = [to_ms(each.modified_at) for each in files if each.modified_at is not None]
    return replace(
        whole,
        files=tuple(files),
        modified_ms=max(modified, default=None),
        base=draft.base,
        is_compared=draft.is_compared,
    )


def _require_small(rows: Sequence[Observations], most_rows: int) -> None:
    """Raises Refused if these parts exceed the limits of one file."""
    count, variables = sum(each.time_ms.size for each in rows), part_columns.count(rows)
    if count > most_rows:
        raise Refused("too_large", f"the parts of the mission have more than {most_rows} rows together")
    if count * variables > most_rows * CELLS_PER_SAMPLE:
        limit = most_rows * CELLS_PER_SAMPLE
        raise Refused("too_large", f"the parts of the mission have more than {limit} values together")
    mission_limits.require_few_variables(variables)


def _read(file: FilePart, own: Identity, tools: ImportContext) -> Observations:
    """The rows of a part from its original. Raises Refused."""
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder:
        try:
            path = original_files.write(file.sha256, Path(folder))
        except LookupError as error:
            raise Refused("part_of_mission", f"the original of {file.file_name} is not stored: {REMEDY}") from error
        rows = tools.reader.read(path, tools.limits)
    of_file = deployment_split.missions(rows, tools.span.earliest_ms, tools.span.latest_ms)
    if len(of_file) == 1:
        return of_file[0]
    # A mission that was stored under another name than the file's is the one with the span of the part.
    named = [each for each in of_file if _is_named(each, own)] or of_file
    spanning = [each for each in named if _has_ends(each, file)]
    if len(spanning) != 1:
        cause = f"{file.file_name} holds {len(of_file)} missions, and the one of this part is unclear: {REMEDY}"
        raise Refused("part_of_mission", cause)
    return spanning[0]


def _is_named(rows: Observations, own: Identity) -> bool:
    try:
        named = identity.identified(rows, Options())
    except Refused:
        return False
    return (named.platform, named.mission) == (own.platform, own.mission)


def _has_ends(rows: Observations, file: FilePart) -> bool:
    return bool(np.isin([to_ms(file.start_at), to_ms(file.end_at)], rows.time_ms).all())


def _is_of_one_form(draft: Draft, part: Observations, file: File, stored: Document) -> bool:
    """True if the file and the stored mission have one format and mode, and neither is a subset of a dataset."""
    source = stored["source"]
    is_alike = (draft.scope, draft.format, draft.identity.mode, draft.kind) == (
        source["scope"], source["format"], stored["data_mode"], stored.get("kind", draft.kind)
    )  # fmt: skip
    # The rows of a subset may begin and end within a profile; a stored table lacks the description of its server.
    names = (file.name, source["file_name"])
    is_described = source["format"] == TABLE_FORMAT and any("://" in name for name in names)
    has_subset = subset_history.constraint_count(part.attributes) or (
        subset_history.WARNING in stored["remainder"]["warnings"]
    )
    is_whole = not has_subset and not is_described
    return (
        is_alike
        and draft.scope == "mission"
        and draft.simulated == bool(stored.get("simulated"))
        and not part.is_continuous
        and is_whole
    )


def _require_one_source(
    draft: Draft, stored: Document, own: FilePart, files: Sequence[FilePart], options: Options
) -> None:
    """Raises Refused unless the file and the stored mission are of one vehicle and operator for certain."""
    metadata = stored["metadata"]
    if differing := part_identity.contradiction(draft.metadata, metadata):
        raise Refused("part_of_mission", f"{differing}: {REMEDY}")
    names = [each.file_name for each in files]
    if not (
        part_identity.is_named(draft.identity, options)
        or part_identity.is_proven(draft.metadata, metadata)
        or part_identity.is_of_family(own.file_name, names, draft.identity.platform)
    ):
        raise Refused(
            "part_of_mission",
            "only the id shows that it continues the stored mission: neither WMO id, serial number and institution nor "
            "the names of the files agree. Name the mission with --platform and --mission if it does",
        )


def _is_of_files_alone(stored: Document) -> bool:
    """True if no profile was added to the mission on its own: it would be missing in the joined files."""
    return profiles.are_of_file(stored["platform"], stored["mission"], stored["version"], stored["source"]["sha256"])


def _covers(new: FilePart, stored: FilePart) -> bool:
    return new.start_at <= stored.start_at and new.end_at >= stored.end_at


def _are_near(files: Sequence[FilePart]) -> bool:
    """True if no pause between two files, oldest first, is so long that they may be two missions."""
    return all(after.start_at - before.end_at <= _LONGEST_PAUSE for before, after in pairwise(files))


def _require_complete(whole: Draft, stored: Document, draft: Draft, has_replaced: bool) -> None:
    """Raises Refused if the joined mission lacks a part: its times may be far from the others."""
    figures, last_at = whole.summary.figures, max(each.end_at for each in whole.files)
    is_spanned = (figures.start_at, figures.end_at) == (whole.files[0].start_at, last_at)
    samples = stored["figures"]["samples"] + draft.summary.figures.samples
    if not is_spanned or not (has_replaced or figures.samples == samples):
        raise Refused("part_of_mission", f"the parts do not add up to one mission: {REMEDY}", "time")


def _precedence(draft: Draft, file: FilePart) -> Precedence:
    modified_ms = None if file.modified_at is None else to_ms(file.modified_at)
    return Precedence.of(draft.identity.mode, modified_ms, file.end_at)
