"""The beat: queues each entry of the schedule once in each slot. Any number may run; a lock in Redis selects one."""

from typing import Any, ClassVar

import structlog
from celery import signals
from redbeat import RedBeatScheduler

from app.config import Settings
from app.store import schedule_runs
from app.tasks import kinds, queue, schedule
from app.tasks.attempts import META
from app.tasks.schedule import Entry

log = structlog.get_logger(__name__)


class SlotScheduler(RedBeatScheduler):  # type: ignore[misc]  # RedBeat has no types.
    """RedBeat's scheduler, whose messages name their slot: the worker drops a second message of a slot.

    RedBeat holds a lock that expires and stores in Redis when each entry was last due, so that another beat continues:
    a slot that was missed meanwhile is queued once.
    """

    entries: ClassVar[dict[str, Entry]] = {}
    _is_announced = False

    def tick(self, *arguments: Any, **named: Any) -> Any:
        """Called by Celery: queue what is due, and return the seconds until the next call."""
        if not self._is_announced:
            self._announce()
        return super().tick(*arguments, **named)

    def apply_async(self, entry: Any, *arguments: Any, **named: Any) -> Any:
        """Called by Celery: queue an entry that is due, under the name of its slot."""
        if (known := self.entries.get(entry.name)) is not None:
            slot = known.slot(self.app.now())
            entry.kwargs = {**(entry.kwargs or {}), META: {"slot": slot.packed()}}
            entry.options = {**(entry.options or {}), "task_id": schedule_runs.key(slot.entry, slot.at)}
            log.info("slot_queued", entry=slot.entry, slot_at=slot.at)
        return super().apply_async(entry, *arguments, **named)

    def _announce(self) -> None:
        now = self.app.now()
        slots = [entry.slot(now).packed() for entry in self.entries.values()]
        kind = kinds.BY_NAME["schedule"]
        queue.send(self.app, kind.name, kind.queue, {"entries": slots})
        self._is_announced = True


def run(settings: Settings) -> None:
    """Queue the due tasks of the schedule until SIGTERM. Raises SettingsError for an invalid schedule."""
    entries = schedule.entries(settings)
    app = queue.celery_app(settings)
    app.conf.beat_schedule = {
        name: {
            "task": queue.full_name(entry.task),
            "schedule": entry.timing.for_celery(),
            "kwargs": entry.arguments,
            "options": {"queue": kinds.BY_NAME[entry.task].queue},
        }
        for name, entry in entries.items()
    }
    scheduler = type("Scheduler", (SlotScheduler,), {"entries": entries})
    signals.setup_logging.connect(_keep_logging)
    app.Beat(scheduler_cls=scheduler, quiet=True, loglevel=settings.log_level).run()


def _keep_logging(**_: Any) -> None:
    """A receiver of the signal, without which Celery configures logging itself."""
