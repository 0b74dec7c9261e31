"""New data of ERDDAP servers and of folders: each is queued as an import of its own."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import structlog

from app.errors import RunFailed
from app.ingest import importer
from app.ingest.refusals import Refused
from app.ingest.remote import erddap_catalogue, local_copy, urls
from app.store import connection, missions, watched_files
from app.tasks import enqueue
from app.tasks.attempts import STORE_TIMEOUT_MS, Call

log = structlog.get_logger(__name__)


def pull(call: Call, url: str, datasets: Sequence[str], most: int) -> str:
    """Queue the datasets of an ERDDAP server that are new, or have newer data than the store; at most `most`.

    The whole dataset is fetched: a part from `time>=` on would cut a profile in two, and imports refuse it. The
    datasets of one server are fetched one after the other. Raises RunFailed if the server does not answer.
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
        sources = [urls.parsed(each.url) for each in due[:most]]
        queued = list(enqueue.sources(call.app, sources, enqueue.ImportOptions()))
    log.info("datasets_queued", server=str(address), listed=len(listed), due=len(due), queued=len(queued))
    return "done"


def watch(call: Call, entry: str, folder: str, most: int) -> str:
    """Queue the files of a folder that are new, and that have not changed since the last look; at most `most`.

    Raises RunFailed if the folder cannot be listed.
    """
    path = Path(folder)
    if not path.is_dir():
        raise RunFailed(f"{folder} is not a folder")
    queued = 0
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        for file in importer.files_of([path]):
            if queued < most and isinstance(file, Path) and _is_due(entry, path, file):
                list(enqueue.sources(call.app, [file], enqueue.ImportOptions()))
                watched_files.note_queued(entry, _name(path, file))
                queued += 1
    log.info("files_queued", entry=entry, queued=queued)
    return "done"


def _is_due(entry: str, folder: Path, file: Path) -> bool:
    try:
        state = file.stat()
    except FileNotFoundError:
        return False
    return watched_files.is_new_and_settled(entry, _name(folder, file), state.st_size, state.st_mtime_ns)


def _name(folder: Path, file: Path) -> str:
    # A file name may hold any bytes; those that are no UTF-8 are escaped.
    return str(file.relative_to(folder)).encode("utf-8", "backslashreplace").decode()
