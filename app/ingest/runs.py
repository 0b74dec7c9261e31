"""A run of `halocline ingest`: which files, in which order, and what became of each."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bson.errors import BSONError
from pymongo.errors import DocumentTooLarge

from app.domain.records import Outcome
from app.errors import HaloclineError
from app.ingest import assembly, derivation, identity, pipeline, report
from app.ingest.documents import File, require_storable
from app.ingest.kit import Kit
from app.ingest.refusal import CHANGED, Refused
from app.ingest.remote.fetched import Given, Local, local, name_of
from app.ingest.report import Report
from app.ingest.sources import detect

# Reading a file for its digest does not depend on its size.
_BLOCK_BYTES = 1 << 20


class NotRebuilt(HaloclineError):
    """The files are in, but some of what derives from them could not be rebuilt; the next run tries again."""

    def __init__(self, scopes: Sequence[str]) -> None:
        shown = ", ".join(scopes[:3]) + (", …" if len(scopes) > 3 else "")
        super().__init__(f"{len(scopes)} derived documents could not be rebuilt, the log says why: {shown}")


def files_of(paths: Iterable[Given]) -> list[Given]:
    """The files to take in: those named, and in folders what is data by its first bytes or its name, sorted."""
    found: list[Given] = []
    for path in paths:
        if isinstance(path, Path) and path.is_dir():
            found += [file for file in sorted(path.rglob("*")) if file.is_file() and _looks_like_data(file)]
        else:
            found.append(path)
    return found


def _looks_like_data(path: Path) -> bool:
    # A hidden file is somebody's unfinished download.
    if path.name.startswith("."):
        return False
    if path.suffix.lower() in (".nc", ".nc4", ".cdf"):
        return True
    try:
        return detect.is_data(path)
    except OSError:
        return False


def dry(files: Iterable[Given], tools: Kit) -> Iterator[Report]:
    """What each file would be, alone in an empty store: stored or refused. Needs no server."""
    with tools.reader:
        for given in files:
            try:
                with local(given, tools.limits.max_file_bytes, tools.patience) as found:
                    draft = _draft(found, "", tools)
            except Refused as refusal:
                yield _refused(given, refusal)
            else:
                yield Report(str(given), "stored", mission=report.mission_of(draft))


def real(files: Iterable[Given], tools: Kit) -> Iterator[Report]:
    """Takes each file in, logs the attempt, and at the end rebuilds what derives from it.

    Raises pymongo's errors when the store fails; run again, it ends as if it had not. Raises NotRebuilt at the end.
    """
    with tools.reader:
        pipeline.learn_basins(tools.basins)
        for path in files:
            yield _taken(path, tools)
    failed = derivation.rebuild(tools.basin_map)
    pipeline.sweep()
    if failed:
        raise NotRebuilt(failed)


def _taken(given: Given, tools: Kit) -> Report:
    sha256: str | None = None
    draft: assembly.Draft | None = None
    try:
        with local(given, tools.limits.max_file_bytes, tools.patience) as found:
            before = _state(found.path)
            digest = sha256 = _digest(found.path, tools.limits.max_file_bytes)
            draft = _draft(found, digest, tools)
            if _state(found.path) != before:
                raise Refused(*CHANGED)
            outcome = _stored(draft, File(found.path, digest, before[0], address=found.address), tools)
    except Refused as refusal:
        pipeline.log_refusal(name_of(given), sha256, refusal, draft)
        return _refused(given, refusal, draft)
    return Report(str(given), outcome, mission=report.mission_of(draft))


def _state(path: Path) -> tuple[int, int, int]:
    """Size, time of change and identity of the file: what is read between two equal ones is one file."""
    try:
        found = path.stat()
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error
    return found.st_size, found.st_mtime_ns, found.st_ino


def _draft(found: Local, sha256: str, tools: Kit) -> assembly.Draft:
    options = tools.options
    observations = tools.reader.read(found.path, tools.limits, found.about)
    named = identity.identified(observations, options)
    draft = assembly.draft(observations, named, sha256, tools.span, tools.basin_map)
    require_storable(draft, found.path)
    return draft


def _stored(draft: assembly.Draft, file: File, tools: Kit) -> Outcome:
    """What became of the draft. Raises Refused for what MongoDB cannot hold: the run of the others goes on."""
    try:
        return pipeline.take_in(draft, file, tools)
    except DocumentTooLarge as error:
        raise Refused("too_large", f"MongoDB does not take so much at once: {error}") from error
    except (BSONError, OverflowError, UnicodeEncodeError) as error:
        raise Refused("unreadable", f"it holds what cannot be stored: {error}") from error


def _digest(path: Path, limit: int) -> str:
    """The SHA-256 of the bytes. Raises Refused for a file that is too large to be read at all."""
    digest = hashlib.sha256()
    try:
        detect.require_size(path, limit)
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def _refused(given: Given, refusal: Refused, draft: assembly.Draft | None = None) -> Report:
    return Report(
        path=str(given),
        outcome="refused",
        reason=refusal.line(name_of(given)),
        reason_code=refusal.code,
        mission=report.mission_of(draft) if draft is not None else None,
    )
