"""All kinds of tasks: their queue, their time limit, and the function that does the work."""

from datetime import UTC, datetime
from typing import Any

import structlog
from celery import Celery

from app.config import Settings
from app.store import connection, kept_files, rebuild_queue, schedule_runs
from app.tasks import attempts, broker, buckets, enqueue, imports, maintenance, pulls, queue, uploads
from app.tasks.attempts import STORE_TIMEOUT_MS, Call, Kind, Slot

_HOUR_S = 3600
# A task that ignores the end of its time, because a library does not return, is killed this much later.
_KILL_AFTER_S = 60

log = structlog.get_logger(__name__)


def note_schedule(call: Call, entries: list[dict[str, str]]) -> str:
    """Store the entries of the schedule with their next slots, for the metrics; a beat sends this when it begins."""
    slots = [Slot.unpacked(each) for each in entries]
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        schedule_runs.note_schedule({slot.entry: slot.next_at for slot in slots})
    return "done"


def recover(call: Call) -> str:
    """Queue imports and a rebuild that the broker has lost, and delete files that no import needs any more.

    Sent by workers when they start and every few minutes, and by the beat.
    """
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        now = datetime.now(UTC)
        kept_files.delete_expired(now)
        if expired := uploads.expire(call.settings, now):
            log.warning("waiting_uploads_expired", count=expired)
        enqueue.recover(call.app, call.broker)
        if rebuild_queue.waiting(1)[0]:
            enqueue.rebuild(call.app, call.broker)
    return "done"


KINDS = (
    # The largest file: 20 minutes of download, 35 of reading, and its profiles.
    Kind("import", broker.IMPORTS, 2 * _HOUR_S, imports.import_source),
    # A rebuild of everything, after new basins.
    Kind("rebuild", broker.DERIVED, 2 * _HOUR_S, imports.rebuild),
    Kind("pull", broker.MAINTENANCE, _HOUR_S, pulls.pull),
    # It copies files of a folder into MongoDB.
    Kind("watch", broker.MAINTENANCE, _HOUR_S, pulls.watch),
    # It copies objects of a store into MongoDB, and ends by itself after half of the time.
    Kind("bucket", broker.MAINTENANCE, _HOUR_S, buckets.look),
    # As the CronJobs of the same names.
    Kind("verify", broker.MAINTENANCE, 4 * _HOUR_S, maintenance.verify),
    Kind("backup", broker.MAINTENANCE, 4 * _HOUR_S, maintenance.backup),
    Kind("restore-test", broker.MAINTENANCE, 8 * _HOUR_S, maintenance.restore_test),
    Kind("schedule", broker.MAINTENANCE, _HOUR_S, note_schedule),
    # Beside rebuilds, so that every worker of imports recovers them.
    Kind("recover", broker.DERIVED, _HOUR_S, recover),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def register(app: Celery, settings: Settings) -> None:
    """Define every task in the application of a worker."""
    for kind in KINDS:
        _define(app, kind, settings)


def _define(app: Celery, kind: Kind, settings: Settings) -> None:
    def run(task: Any, **arguments: Any) -> str:
        return attempts.run(task, kind, settings, arguments)

    app.task(
        run,
        name=queue.full_name(kind.name),
        bind=True,
        soft_time_limit=kind.limit_s,
        time_limit=kind.limit_s + _KILL_AFTER_S,
    )
