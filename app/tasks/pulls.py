"""New data of ERDDAP servers and of folders: each is queued as an import of its own."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import structlog

from app.errors import RunFailed
from app.ingest import importer
from app.ingest.persist import commit
from app.ingest.refusals import Refused
from app.ingest.remote import erddap_catalogue, local_copy, urls
from app.ingest.remote.erddap_catalogue import Dataset
from app.store import connection, missions, parked_tasks, pulled_datasets, watched_files
from app.tasks import enqueue
from app.tasks.attempts import STORE_TIMEOUT_MS, Call
from app.tasks.enqueue import ImportOptions, SpoolLimits

# A dataset that imports refuse is tried again with the same data after this time: the cause may have passed, such as
# an unknown platform or an error of the server, and one download a day burdens no server.
AGAIN_AFTER = timedelta(days=1)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


def pull(call: Call, url: str, datasets: Sequence[str], most: int) -> str:
    """Queue the datasets of an ERDDAP server that are new, or have newer data than the store; at most `most`.

    Each is queued once for its data, so that those that imports refuse do not keep others waiting. The whole dataset
    is fetched: a part from `time>=` on would cut a profile in two, and imports refuse it. The datasets of one server
    are fetched one after the other. Raises RunFailed if the server does not answer.
    """
    address = urls.parsed(url)
    try:
        listed = erddap_catalogue.datasets(address, local_copy.fetch_policy(call.settings))
    except Refused as refusal:
        raise RunFailed(refusal.line(str(address))) from refusal
    chosen = [each for each in listed if any(fnmatchcase(each.id, pattern) for pattern in datasets)]
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        stored = missions.ends(list(erddap_catalogue.keys(chosen)))
        due = [each for each in chosen if each.state(stored) in ("new", "newer")]
        queued = _queue_datasets(call, due, most)
    log.info("datasets_queued", server=str(address), listed=len(listed), due=len(due), queued=queued)
    return "done"


def watch(call: Call, entry: str, folder: str, most: int) -> str:
    """Queue the files of a folder that are new, and that have not changed since the last look; at most `most`.

    A file that is too large or cannot be read is logged as refused. Raises RunFailed if the folder cannot be listed,
    or if MongoDB has no space.
    """
    path = Path(folder)
    if not path.is_dir():
        raise RunFailed(f"{folder} is not a folder")
    queued, limits = 0, SpoolLimits.of(call.settings)
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        for file in importer.files_of([path]):
            if queued < most and isinstance(file, Path):
                queued += _queue_file(call, entry, path, file, limits)
    log.info("files_queued", entry=entry, queued=queued)
    return "done"


def _queue_datasets(call: Call, due: Sequence[Dataset], most: int) -> int:
    """Queue those that have not been queued with these data: first those that were never queued."""
    if not due:
        return 0
    earlier = pulled_datasets.queued([each.url for each in due])
    # Of a dataset that still waits, the import fetches the newest data.
    waiting = {task_id.partition("-")[0] for task_id in call.broker.known()}
    now = datetime.now(UTC)

    def is_open(dataset: Dataset) -> bool:
        last = earlier.get(dataset.url)
        is_queued = last is not None and last.end_at == dataset.end_at and now - last.at < AGAIN_AFTER
        return not is_queued and _digest(dataset.url) not in waiting

    def queued_at(dataset: Dataset) -> datetime:
        return earlier[dataset.url].at if dataset.url in earlier else _NEVER

    queued = 0
    for each in sorted(filter(is_open, due), key=queued_at):
        task_id = f"{_digest(each.url)}-{'' if each.end_at is None else f'{each.end_at:%Y%m%dT%H%M%SZ}'}"
        if queued == most:
            break
        # An operator decides about a parked one.
        if parked_tasks.find(task_id) is None:
            enqueue.url(call.app, urls.parsed(each.url), ImportOptions(), task_id)
            pulled_datasets.note_queued(each.url, each.end_at)
            queued += 1
    return queued


def _digest(url: str) -> str:
    """The part of a task's id that names the dataset."""
    return hashlib.sha256(url.encode()).hexdigest()[:24]


def _queue_file(call: Call, entry: str, folder: Path, file: Path, limits: SpoolLimits) -> int:
    """The number of files that were queued: 1, or 0 if the file is not due, has vanished, or is refused."""
    # A file name may hold any bytes; those that are no UTF-8 are escaped.
    name = str(file.relative_to(folder)).encode("utf-8", "backslashreplace").decode()
    try:
        state = file.stat()
    except OSError:
        return 0
    if not watched_files.is_new_and_settled(entry, name, state.st_size, state.st_mtime_ns):
        return 0
    if watched_files.is_refused(entry, name, state.st_ctime_ns):
        return 0
    try:
        enqueue.file(call.app, file, ImportOptions(), limits)
    except Refused as refusal:
        if not file.exists():
            return 0
        commit.log_refusal(local_copy.name_of(file), None, refusal, None)
        watched_files.note_refused(entry, name, state.st_ctime_ns)
        log.warning("file_refused", entry=entry, reason_code=refusal.code)
        return 0
    watched_files.note_queued(entry, name)
    return 1
