"""New objects of S3-compatible buckets: each is stored in the spool and queued as an import of its own."""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePosixPath

import structlog

from app.domain.printable import encodable, one_line
from app.ingest.persist import commit
from app.ingest.refusals import Refused
from app.ingest.remote.object_store import Location, Source, StoredObject
from app.store import connection, spool_stream, watched_files
from app.tasks import enqueue
from app.tasks.attempts import STORE_TIMEOUT_MS, Call
from app.tasks.enqueue import ImportOptions, SpoolLimits

# Half of the time limit of the task; the next slot continues.
_LONGEST_S = 1800
# Objects whose state is looked up at once.
_BATCH = 1_000

log = structlog.get_logger(__name__)


def look(
    call: Call,
    entry: str,
    bucket: str,
    prefix: str,
    endpoint: str | None,
    region: str,
    credentials: str | None,
    anonymous: bool,
    names: Sequence[str],
    settled_s: int,
    most: int,
) -> str:
    """Queue the objects of a bucket that are new, or have changed, and are older than `settled_s`; at most `most`.

    An object that is too large, has vanished or is not as listed is logged as refused, and not tried again before it
    changes. Raises Invalid for a wrong bucket or credentials, RunFailed if the store fails or MongoDB has no space.
    """
    path = None if credentials is None else Path(credentials)
    source = Source(Location(bucket, prefix, endpoint, region, path, anonymous), call.settings)
    settled_at = datetime.now(UTC) - timedelta(seconds=settled_s)
    limits, began_s = SpoolLimits.of(call.settings), time.monotonic()
    queued = 0
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        candidates = (
            each for each in source.objects() if each.modified_at <= settled_at and _is_chosen(each.key, names)
        )
        for each in _new(entry, candidates):
            if queued >= most or time.monotonic() - began_s > _LONGEST_S:
                break
            queued += _queue(call, entry, source, each, limits)
    log.info("objects_queued", entry=entry, queued=queued)
    return "done"


def _is_chosen(key: str, names: Sequence[str]) -> bool:
    """True for the name of a data file. As in folders, hidden ones are unfinished."""
    name = PurePosixPath(key).name
    return not name.startswith(".") and any(fnmatchcase(name.lower(), pattern.lower()) for pattern in names)


def _new(entry: str, objects: Iterable[StoredObject]) -> Iterator[StoredObject]:
    """Those that were neither queued nor refused as they are now."""
    remaining = iter(objects)
    while batch := list(islice(remaining, _BATCH)):
        tags = watched_files.tags(entry, [each.key for each in batch])
        yield from (each for each in batch if tags.get(each.key) not in (each.tag, _tag_of_refused(each)))


def _tag_of_refused(listed: StoredObject) -> str:
    # An object that vanished and returns has another time.
    return f"{listed.tag} {listed.modified_at.isoformat()}"


def _queue(call: Call, entry: str, source: Source, listed: StoredObject, limits: SpoolLimits) -> int:
    """The number of objects that were queued: 1, or 0 for a refused one."""
    name = one_line(encodable(PurePosixPath(listed.key).name))
    try:
        limits.require(listed.size_bytes)
        file_id = spool_stream.put_blocks(name, source.blocks(listed))
    except Refused as refusal:
        commit.log_refusal(name, None, refusal, None)
        watched_files.note_tag(entry, listed.key, _tag_of_refused(listed))
        log.warning("object_refused", entry=entry, reason_code=refusal.code)
        return 0
    enqueue.spooled(call.app, [{"id": file_id, "name": name}], ImportOptions())
    watched_files.note_tag(entry, listed.key, listed.tag)
    return 1
