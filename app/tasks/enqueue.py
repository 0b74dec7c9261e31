"""Queue imports and rebuilds: files through the spool of MongoDB, which every worker reads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from celery import Celery

from app.domain.audit import Actor
from app.errors import Invalid, RunFailed
from app.ingest.formats import detection
from app.ingest.interpret.identity import Options
from app.ingest.interpret.import_terms import Terms
from app.ingest.remote.local_copy import Input
from app.ingest.remote.urls import Address
from app.store import parked_tasks, spool
from app.tasks import broker, queue
from app.tasks.broker import Broker

# Imports that end within this time share one rebuild, and a visitor notices no delay.
REBUILD_DELAY_S = 1.0
# A task is queued within seconds after its file is stored, and returns from a lost worker within a minute.
LOST_AFTER = timedelta(minutes=5)
# At once; the next recovery continues.
_MOST_RECOVERED = 10_000

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


def sources(app: Celery, inputs: Iterable[Input], options: ImportOptions) -> Iterator[tuple[Input, str]]:
    """Queue the import of each file or URL; yields it with the id of its task.

    Raises Unavailable without the broker, RunFailed for an unreadable file, Invalid for a URL with a password,
    and pymongo's errors.
    """
    for source in inputs:
        task_id = uuid4().hex
        if isinstance(source, Address):
            if source.credentials is not None:
                # The processes that report metrics read messages, too.
                raise Invalid("url", "a URL with a password is not queued: import it without --enqueue")
            arguments = {"url": source.whole(), **options.arguments()}
        else:
            files = _spooled(source)
            arguments = {"files": files, **options.arguments()}
            spool.note_task(files[0]["id"], task_id, arguments)
        yield source, queue.send(app, "import", broker.IMPORTS, arguments, task_id)


def recover(app: Celery, state: Broker) -> int:
    """Queue the tasks of stored files again that the broker has lost; returns their number.

    A message is lost if its worker is killed between taking it and recording that it holds it, or with the broker. A
    task that is queued twice has one effect.
    """
    spooled = spool.tasks_before(datetime.now(UTC) - LOST_AFTER, _MOST_RECOVERED)
    known = state.known() if spooled else set()
    lost = [each for each in spooled if each.id not in known and parked_tasks.find(each.id) is None]
    for each in lost:
        queue.send(app, "import", broker.IMPORTS, each.arguments, each.id)
    if lost:
        log.warning("tasks_recovered", count=len(lost))
    return len(lost)


def rebuild(app: Celery, state: Broker) -> None:
    """Queue a rebuild of derived documents, unless one is queued: what is to be rebuilt is in MongoDB."""
    if state.may_queue_rebuild():
        queue.send(app, "rebuild", broker.DERIVED, {}, delay_s=REBUILD_DELAY_S)


def _spooled(path: Path) -> list[dict[str, str]]:
    """The file and its companion, which is read with it, by their ids in the spool."""
    companion = detection.companion_of(path)
    paths: Sequence[Path] = [path] if companion is None else [path, companion]
    try:
        return [{"id": spool.put(each), "name": each.name} for each in paths]
    except OSError as error:
        raise RunFailed(f"{path.name} cannot be read: {error.strerror}") from error
