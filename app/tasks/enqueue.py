"""Queue imports and rebuilds: files through the spool of MongoDB, which every worker reads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from celery import Celery

from app.config import Settings
from app.domain.audit import Actor
from app.errors import Invalid
from app.ingest.formats import detection
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import Terms
from app.ingest.refusals import Refused
from app.ingest.remote.local_copy import Input
from app.ingest.remote.urls import Address
from app.store import parked_tasks, spool, spool_stream
from app.store.disk_space import DiskSpace
from app.tasks import broker, queue
from app.tasks.broker import Broker

# Imports that end within this time share one rebuild, and a visitor notices no delay.
REBUILD_DELAY_S = 1.0
# A task is queued within seconds after its file is stored, and returns from a lost worker within a minute.
LOST_AFTER = timedelta(minutes=5)
# No process takes so long to receive a file and to queue its task: an upload lasts six hours at most.
ORPHANED_AFTER = timedelta(days=1)
# At once; the next recovery continues.
_MOST_RECOVERED = 10_000
# For each byte of a file: its copy in the spool, and the four that its import will write (`importer`).
_WRITTEN_BYTES = 5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of `halocline ingest` that a task passes on."""

    platform: str | None = None
    mission: str | None = None
    mode: str | None = None
    shorter: bool = False
    provider: str | None = None
    reason: str | None = None
    actor: Actor | None = None

    @classmethod
    def of(cls, options: Options, terms: Terms) -> "ImportOptions":
        """Those of a command."""
        named = (options.platform, options.mission, options.mode)
        return cls(*named, terms.shorter, terms.provider, terms.reason, terms.actor)

    def arguments(self) -> dict[str, Any]:
        """Those that are set, in the forms of JSON."""
        named = {**asdict(self), "shorter": self.shorter or None}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class SpoolLimits:
    """The limits of files in the spool: the size of one, and the space on the disk of MongoDB."""

    most_bytes: int
    disk: DiskSpace = field(default_factory=DiskSpace)

    @classmethod
    def of(cls, settings: Settings) -> "SpoolLimits":
        """Those of the settings."""
        return cls(settings.max_file_bytes)

    def require(self, size_bytes: int) -> None:
        """Count a file of this size. Raises Refused for one above the limit, RunFailed if the disk has no space."""
        if size_bytes > self.most_bytes:
            raise Refused("too_large", f"{size_bytes} bytes are more than the limit of {self.most_bytes}")
        self.disk.require(_WRITTEN_BYTES * size_bytes)


def sources(
    app: Celery, inputs: Iterable[Input], options: ImportOptions, limits: SpoolLimits
) -> Iterator[tuple[Input, str | Refused]]:
    """Queue the import of each file or URL; yields it with the id of its task, or with the reason of a refusal.

    Raises what `url` and `file` raise, except Refused.
    """
    for source in inputs:
        try:
            yield (
                source,
                url(app, source, options) if isinstance(source, Address) else file(app, source, options, limits),
            )
        except Refused as refusal:
            yield source, refusal


def url(app: Celery, address: Address, options: ImportOptions, task_id: str | None = None) -> str:
    """Queue the import of a URL; the id of its task. Raises Unavailable, and Invalid for a URL with a password."""
    if address.credentials is not None:
        # The processes that report metrics read messages, too.
        raise Invalid("url", "a URL with a password is not queued: import it without --enqueue")
    return queue.send(app, "import", broker.IMPORTS, {"url": address.whole(), **options.arguments()}, task_id)


def file(app: Celery, path: Path, options: ImportOptions, limits: SpoolLimits) -> str:
    """Store a file with its companion and queue its import; the id of its task.

    Raises Refused for a file that is too large or cannot be read, RunFailed if MongoDB has no space for it,
    Unavailable without the broker, and pymongo's errors.
    """
    companion = detection.companion_of(path)
    paths: Sequence[Path] = [path] if companion is None else [path, companion]
    try:
        for each in paths:
            limits.require(each.stat().st_size)
        files = [{"id": spool_stream.put(each), "name": each.name} for each in paths]
    except OSError as error:
        raise Refused("not_found", f"it cannot be read: {error.strerror or type(error).__name__}") from error
    return spooled(app, files, options)


def spooled(app: Celery, files: Sequence[dict[str, str]], options: ImportOptions) -> str:
    """Queue the import of stored files, the second of which is read with the first; the id of the task."""
    task_id = uuid4().hex
    arguments = {"files": list(files), **options.arguments()}
    spool.note_task(files[0]["id"], task_id, arguments)
    return queue.send(app, "import", broker.IMPORTS, arguments, task_id)


def recover(app: Celery, state: Broker) -> int:
    """Queue the tasks of stored files again that the broker has lost; returns their number.

    A message is lost if its worker is killed between taking it and recording that it holds it, or with the broker. A
    task that is queued twice has one effect. Files that belong to no task are deleted after a day.
    """
    now = datetime.now(UTC)
    waiting = spool.tasks_before(now - LOST_AFTER, _MOST_RECOVERED)
    known = state.known() if waiting else set()
    lost = [each for each in waiting if each.id not in known and parked_tasks.find(each.id) is None]
    for each in lost:
        queue.send(app, "import", broker.IMPORTS, each.arguments, each.id)
    if lost:
        log.warning("tasks_recovered", count=len(lost))
    if orphans := spool.delete_orphans(now - ORPHANED_AFTER):
        log.warning("spool_orphans_deleted", count=orphans)
    return len(lost)


def rebuild(app: Celery, state: Broker) -> None:
    """Queue a rebuild of derived documents, unless one is queued: what is to be rebuilt is in MongoDB."""
    if state.may_queue_rebuild():
        queue.send(app, "rebuild", broker.DERIVED, {}, delay_s=REBUILD_DELAY_S)
