"""A run of `halocline ingest`: which files, in which order, and what became of each."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bson.errors import BSONError
from pymongo.errors import DocumentTooLarge

from app.domain.records import Outcome
from app.errors import HaloclineError
from app.ingest import reports
from app.ingest.context import ImportContext
from app.ingest.derive import rebuild
from app.ingest.interpret import deployment_split, identity, mission_draft
from app.ingest.persist import commit
from app.ingest.persist.mapping import File, require_storable
from app.ingest.refusals import CHANGED, Refused
from app.ingest.remote.local_copy import Given, Local, local, name_of
from app.ingest.reports import Report
from app.ingest.sources import formats, sailbuoy
from app.ingest.sources.observations import Observations

# Reading a file for its digest does not depend on its size.
_BLOCK_BYTES = 1 << 20


class NotRebuilt(HaloclineError):
    """The files are in, but some of what derives from them could not be rebuilt; the next run tries again."""

    def __init__(self, scopes: Sequence[str]) -> None:
        shown = ", ".join(scopes[:3]) + (", …" if len(scopes) > 3 else "")
        super().__init__(f"{len(scopes)} derived documents could not be rebuilt, the log says why: {shown}")


def files_of(paths: Iterable[Given]) -> list[Given]:
    """The files to take in: those named, and in folders what is data by its first bytes or its name, sorted.

    Files that belong together, as a sailbuoy's, stand here once.
    """
    found: list[Given] = []
    for path in paths:
        if isinstance(path, Path) and path.is_dir():
            found += [file for file in sorted(path.rglob("*")) if file.is_file() and _looks_like_data(file)]
        else:
            found.append(path)
    return sailbuoy.paired(found)


def _looks_like_data(path: Path) -> bool:
    # A hidden file is somebody's unfinished download.
    if path.name.startswith("."):
        return False
    if path.suffix.lower() in (".nc", ".nc4", ".cdf"):
        return True
    try:
        return formats.is_data(path)
    except OSError:
        return False


def dry(files: Iterable[Given], tools: ImportContext) -> Iterator[Report]:
    """What each file, or mission in it, would be, alone in an empty store: stored or refused. Needs no server."""
    with tools.reader:
        for given in files:
            try:
                with local(given, tools.limits.max_file_bytes, tools.patience) as found:
                    missions, path = _missions(found, tools), found.path
            except Refused as refusal:
                yield _refused(given, refusal)
            else:
                for mission in missions:
                    yield _tried(given, mission, path, tools)


def real(files: Iterable[Given], tools: ImportContext) -> Iterator[Report]:
    """Takes each file in, logs the attempt, and at the end rebuilds what derives from it.

    Raises pymongo's errors when the store fails; run again, it ends as if it had not. Raises NotRebuilt at the end.
    """
    with tools.reader:
        commit.learn_basins(tools.basins)
        for path in files:
            yield from _taken(path, tools)
    failed = rebuild.rebuild(tools.basin_map)
    commit.sweep()
    if failed:
        raise NotRebuilt(failed)


def _tried(given: Given, mission: Observations, path: Path, tools: ImportContext) -> Report:
    try:
        return Report(str(given), "stored", mission=reports.mission_of(_draft(mission, path, "", tools)))
    except Refused as refusal:
        return _refused(given, refusal)


def _taken(given: Given, tools: ImportContext) -> Iterator[Report]:
    """What became of each mission in the file; they are stored one by one, each as a whole."""
    sha256: str | None = None
    try:
        with local(given, tools.limits.max_file_bytes, tools.patience) as found:
            before = _states(found.path)
            digest = sha256 = _digest(found.path, tools.limits.max_file_bytes)
            payload = _payload(found.path, tools)
            missions = _missions(found, tools)
            if _states(found.path) != before:
                raise Refused(*CHANGED)
            file = File(found.path, digest, before[0][0], address=found.address, beside=payload)
            for mission in missions:
                yield _one_taken(given, mission, file, tools)
    except Refused as refusal:
        commit.log_refusal(name_of(given), sha256, refusal, None)
        yield _refused(given, refusal)


def _one_taken(given: Given, mission: Observations, file: File, tools: ImportContext) -> Report:
    draft: mission_draft.Draft | None = None
    try:
        draft = _draft(mission, file.path, file.sha256, tools)
        if file.beside is not None:
            said = {"payload_file": file.beside.name, "payload_sha256": file.beside.sha256}
            draft = replace(draft, metadata={**draft.metadata, **said})
        outcome = _stored(draft, file, tools)
    except Refused as refusal:
        commit.log_refusal(name_of(given), file.sha256, refusal, draft)
        return _refused(given, refusal, draft)
    return Report(str(given), outcome, mission=reports.mission_of(draft))


def _payload(path: Path, tools: ImportContext) -> File | None:
    """The file that belongs to this one and is read with it."""
    beside = sailbuoy.payload_of(path)
    if beside is None:
        return None
    return File(beside, _digest(beside, tools.limits.max_file_bytes), _state(beside)[0])


def _states(path: Path) -> list[tuple[int, int, int]]:
    beside = sailbuoy.payload_of(path)
    return [_state(path), *([_state(beside)] if beside else [])]


def _state(path: Path) -> tuple[int, int, int]:
    """Size, time of change and identity of the file: what is read between two equal ones is one file."""
    try:
        found = path.stat()
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error
    return found.st_size, found.st_mtime_ns, found.st_ino


def _missions(found: Local, tools: ImportContext) -> list[Observations]:
    """What the file holds: one mission, or as many as are cut out of a log that goes on and on. Raises Refused."""
    observations = tools.reader.read(found.path, tools.limits, found.about)
    if observations.format != sailbuoy.FORMAT:
        return [observations]
    missions = deployment_split.cut(observations, tools.span.earliest_ms, tools.span.latest_ms)
    if tools.options.mission and len(missions) > 1:
        raise Refused("several_missions", f"it holds {len(missions)} missions: leave --mission out")
    return missions


def _draft(mission: Observations, path: Path, sha256: str, tools: ImportContext) -> mission_draft.Draft:
    named = identity.identified(mission, tools.options)
    # What a log grows by must not make another version of the missions that are over.
    source = deployment_split.digest(mission) if mission.format == sailbuoy.FORMAT else sha256
    draft = mission_draft.draft(mission, named, source, tools.span, tools.basin_map)
    require_storable(draft, path)
    return draft


def _stored(draft: mission_draft.Draft, file: File, tools: ImportContext) -> Outcome:
    """What became of the draft. Raises Refused for what MongoDB cannot hold: the run of the others goes on."""
    try:
        return commit.take_in(draft, file, tools)
    except DocumentTooLarge as error:
        raise Refused("too_large", f"MongoDB does not take so much at once: {error}") from error
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Refused("unreadable", f"it holds what cannot be stored: {error}") from error


def _digest(path: Path, limit: int) -> str:
    """The SHA-256 of the bytes. Raises Refused for a file that is too large to be read at all."""
    digest = hashlib.sha256()
    try:
        formats.require_size(path, limit)
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def _refused(given: Given, refusal: Refused, draft: mission_draft.Draft | None = None) -> Report:
    return Report(
        path=str(given),
        outcome="refused",
        reason=refusal.line(name_of(given)),
        reason_code=refusal.code,
        mission=reports.mission_of(draft) if draft is not None else None,
    )
