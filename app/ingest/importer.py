"""A run of `halocline ingest`: selects the files, imports them one after the other and reports each outcome."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import SystemRandom
from time import monotonic, sleep

from bson.errors import BSONError
from pymongo.errors import DocumentTooLarge

from app.domain.records import Outcome
from app.errors import RunFailed
from app.ingest import appending, reports
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild
from app.ingest.formats import detection, file_state
from app.ingest.formats.file_state import FileState
from app.ingest.formats.observations import Observations
from app.ingest.interpret import deployment_split, identity, mission_draft, ownership
from app.ingest.interpret.mission_draft import Draft
from app.ingest.persist import admission, commit, mission_match, preview
from app.ingest.persist.commit import Superseded
from app.ingest.persist.mapping import File, require_storable
from app.ingest.refusals import CHANGED, Refused
from app.ingest.remote.local_copy import Input, LocalCopy, local_copy, name_of
from app.ingest.reports import Report
from app.store.disk_space import DiskSpace

# For each byte of a file: the original file, its samples, and both in MongoDB's journal and replication log.
_WRITTEN_BYTES = 4
# Importers may import parts of one mission at once: an attempt fails if another one has succeeded. Random pauses
# separate them, because an attempt reads and writes all parts; the longest is that of a large mission.
_ATTEMPTS = 20
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 10.0
# A replaced version can be removed after ten minutes. A run of many parts replaces its mission with each of them.
_SWEEP_EVERY_S = 60.0
_RANDOM = SystemRandom()


class NotRebuilt(RunFailed):
    """The files are imported, but some derived documents could not be rebuilt; the next run tries again."""

    def __init__(self, scopes: Sequence[str]) -> None:
        examples = ", ".join(scopes[:3]) + (", …" if len(scopes) > 3 else "")
        super().__init__(f"{len(scopes)} derived documents could not be rebuilt, see the log: {examples}")


@dataclass(frozen=True, slots=True)
class Selection:
    """The files to import, and those in folders that are not imported, with the reason."""

    files: list[Input]
    skipped: list[tuple[Path, str]]


def files_of(paths: Iterable[Input]) -> list[Input]:
    """The files to import: those named, and the data files in folders. Raises RunFailed like `selected`."""
    return selected(paths).files


def selected(paths: Iterable[Input]) -> Selection:
    """The files named, and the data files in folders (by first bytes or name), sorted; and the other files in folders.

    Files that are read together, such as the two logs of a sailbuoy, appear once. Raises RunFailed for a folder that
    cannot be listed.
    """
    files: list[Input] = []
    skipped: list[tuple[Path, str]] = []
    for path in paths:
        if not (isinstance(path, Path) and path.is_dir()):
            files.append(path)
            continue
        # Programs hide unfinished downloads.
        for file in sorted(file for file in _listed(path) if file.is_file() and not file.name.startswith(".")):
            reason = _why_skipped(file)
            if reason is None:
                files.append(file)
            else:
                skipped.append((file, reason))
    return Selection(detection.without_companions(files), skipped)


def _listed(folder: Path) -> Iterator[Path]:
    """The files in the folder and in its folders, without those that this user may not read, such as `lost+found`."""
    for parent, _, names in os.walk(folder, onerror=_raise_unless_denied):
        yield from (Path(parent, name) for name in names)


def _raise_unless_denied(error: OSError) -> None:
    if not isinstance(error, PermissionError):
        # An import without the files of this folder would look complete.
        raise RunFailed(f"The folder {error.filename} cannot be listed: {error.strerror}.") from error


def _why_skipped(path: Path) -> str | None:
    """Why the file in a folder is not imported, None for a data file."""
    if path.suffix.lower() in (".nc", ".nc4", ".cdf"):
        return None
    try:
        return detection.why_no_data(path)
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"


def dry(files: Iterable[Input], tools: ImportContext) -> Iterator[Report]:
    """The outcome of each file, or mission in it, as if it were alone in an empty store. Needs no server."""
    with tools.reader:
        for source in files:
            try:
                with local_copy(source, tools.limits.max_file_bytes, tools.fetch_policy) as copy:
                    missions, path = _missions(copy, tools), copy.path
            except Refused as refusal:
                yield _refused(source, refusal)
            else:
                for mission in missions:
                    yield _dry_report(source, mission, path, tools)


def real(files: Iterable[Input], tools: ImportContext) -> Iterator[Report]:
    """Import each file, log the attempt, sweep replaced versions, and at the end rebuild the derived documents.

    Raises RunFailed and pymongo's errors when the store fails; a repeated run completes the import. Raises NotRebuilt
    at the end.
    """
    yield from imported(files, tools)
    derive(tools)


def imported(files: Iterable[Input], tools: ImportContext) -> Iterator[Report]:
    """Import each file and log the attempt; the derived documents stay marked for a rebuild. Raises as `real` does.

    In a trial, the reports are the same, and nothing is stored or logged.
    """
    with tools.reader:
        if not tools.is_trial:
            commit.replace_basins(tools.basins)
        disk, swept_at_s = DiskSpace(), monotonic()
        for source in files:
            yield from _import_file(source, tools, disk)
            if not tools.is_trial and monotonic() - swept_at_s >= _SWEEP_EVERY_S:
                commit.sweep()
                swept_at_s = monotonic()


def derive(tools: ImportContext) -> None:
    """Rebuild all marked derived documents, and sweep replaced versions. Raises NotRebuilt and pymongo's errors."""
    failed = rebuild.rebuild(tools.basin_map)
    commit.sweep()
    if failed:
        raise NotRebuilt(failed)


def _dry_report(source: Input, mission: Observations, path: Path, tools: ImportContext) -> Report:
    try:
        draft = _draft(mission, path, "", tools)
        ownership.require([draft.identity.platform], tools.names, tools.terms.provider)
        return Report(str(source), "stored", mission=reports.mission_of(draft))
    except Refused as refusal:
        return _refused(source, refusal)


def _import_file(source: Input, tools: ImportContext, disk: DiskSpace) -> Iterator[Report]:
    """Import the missions of a file one by one, each as a whole, and report each outcome."""
    sha256: str | None = None
    try:
        with local_copy(source, tools.limits.max_file_bytes, tools.fetch_policy) as copy:
            before = _states(copy.path)
            digest = sha256 = file_state.sha256_of(copy.path, tools.limits.max_file_bytes)
            companion = _companion(copy.path, tools)
            missions = _missions(copy, tools)
            if _states(copy.path) != before:
                raise Refused(*CHANGED)
            file = File(copy.path, digest, before[0].size_bytes, address=copy.address, companion=companion)
            disk.require(_WRITTEN_BYTES * file.size_bytes)
            for mission in missions:
                yield _import_mission(source, mission, file, tools, disk)
    except Refused as refusal:
        _log_refusal(source, sha256, refusal, None, tools)
        yield _refused(source, refusal)


def _import_mission(source: Input, mission: Observations, file: File, tools: ImportContext, disk: DiskSpace) -> Report:
    draft: Draft | None = None
    try:
        draft = _draft(mission, file.path, file.sha256, tools)
        draft = _matched(draft, mission, file, tools)
        draft, outcome = _stored(draft, mission, file, tools, disk)
    except Refused as refusal:
        _log_refusal(source, file.sha256, refusal, draft, tools)
        return _refused(source, refusal, draft)
    return Report(str(source), outcome, mission=reports.mission_of(draft))


def _stored(
    draft: Draft, mission: Observations, file: File, tools: ImportContext, disk: DiskSpace
) -> tuple[Draft, Outcome]:
    """The draft, joined with the other parts of its mission if it is one, and the outcome of its commit."""
    for attempt in range(_ATTEMPTS):
        whole = appending.appended(draft, mission, file, tools, disk)
        try:
            return whole, _commit(whole, file, tools)
        except Superseded:
            sleep(_RANDOM.uniform(0, min(_FIRST_PAUSE_S * 2**attempt, _LONGEST_PAUSE_S)))
    raise Refused("changed_while_reading", "other parts of the mission are being imported: import it again")


def _companion(path: Path, tools: ImportContext) -> File | None:
    """The file that is read together with this one."""
    companion = detection.companion_of(path)
    if companion is None:
        return None
    sha256 = file_state.sha256_of(companion, tools.limits.max_file_bytes)
    return File(companion, sha256, file_state.state_of(companion).size_bytes)


def _states(path: Path) -> list[FileState]:
    companion = detection.companion_of(path)
    return [file_state.state_of(each) for each in (path, companion) if each is not None]


def _missions(copy: LocalCopy, tools: ImportContext) -> list[Observations]:
    """The missions of the file: one, or several from a log that runs for years. Raises Refused."""
    observations = tools.reader.read(copy.path, tools.limits, copy.about)
    missions = deployment_split.missions(observations, tools.span.earliest_ms, tools.span.latest_ms)
    if tools.options.mission and len(missions) > 1:
        raise Refused("several_missions", f"it holds {len(missions)} missions: omit --mission")
    if tools.options.platform and len(observations.trajectories) > 1:
        raise Refused("several_missions", f"it holds {len(missions)} trajectories: omit --platform")
    return missions


def _draft(mission: Observations, path: Path, sha256: str, tools: ImportContext) -> Draft:
    named = identity.identified(mission, tools.options)
    digest = deployment_split.digest_of(mission, sha256)
    draft = mission_draft.draft(mission, named, digest, tools.span, tools.basin_map)
    require_storable(draft, path)
    return draft


def _matched(draft: Draft, mission: Observations, file: File, tools: ImportContext) -> Draft:
    """The draft under the identity of the stored mission that it belongs to, with a warning about others near it.

    Raises Refused if the platform belongs to another provider.
    """
    claimed = draft.identity.platform
    draft = admission.renamed(draft)
    same = mission_match.identity_of(draft, tools.options, tools.names)
    # The table of a former id protects a renamed platform until the operator renames the table.
    owned = ownership.owned_id((same.platform, *admission.former_ids(same.platform)), tools.names)
    ownership.require(dict.fromkeys(filter(None, (claimed, owned))), tools.names, tools.terms.provider)
    if same != draft.identity:
        digest = deployment_split.digest_of(mission, file.sha256)
        version = mission_draft.version_of(same, draft.scope, digest, bool(draft.flags))
        draft = replace(draft, identity=same, version=version)
    return mission_match.warned(draft, tools.names, tools.merging)


def _commit(draft: Draft, file: File, tools: ImportContext) -> Outcome:
    """The outcome of the commit. Raises Refused for values that MongoDB rejects, so that other files are imported."""
    if tools.is_trial:
        return preview.outcome(draft, file, tools.terms)
    try:
        return commit.commit_draft(draft, file, tools.basin_map, tools.names, tools.terms)
    except DocumentTooLarge as error:
        raise Refused("too_large", f"a document exceeds the limit of MongoDB: {error}") from error
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Refused("unreadable", f"it holds values that cannot be stored: {error}") from error


def _log_refusal(
    source: Input, sha256: str | None, refusal: Refused, draft: Draft | None, tools: ImportContext
) -> None:
    if not tools.is_trial:
        commit.log_refusal(name_of(source), sha256, refusal, draft, tools.terms)


def _refused(source: Input, refusal: Refused, draft: Draft | None = None) -> Report:
    return Report(
        path=str(source),
        outcome="refused",
        reason=refusal.line(name_of(source)),
        reason_code=refusal.code,
        mission=reports.mission_of(draft) if draft is not None else None,
    )
