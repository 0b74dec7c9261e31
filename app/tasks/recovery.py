"""The periodic recovery of lost messages: workers queue it themselves, because a portal may have no beat."""

from typing import Any

import structlog
from celery import Celery, bootsteps
from redis import RedisError

from app import errors
from app.config import Settings
from app.tasks import broker, enqueue, queue
from app.tasks.broker import Broker

# After its start, a worker finds the messages that were lost with an earlier one as soon as they count as lost.
EVERY_S = enqueue.LOST_AFTER.total_seconds() + 30

log = structlog.get_logger(__name__)


def install(app: Celery, settings: Settings) -> None:
    """Queue `recover` every EVERY_S seconds from the event loop of a worker: once for all workers."""
    app.steps["worker"].add(type("Recovery", (_Timer,), {"state": Broker(settings)}))


def send(app: Celery) -> None:
    """Queue `recover`. Logs a failure."""
    try:
        queue.send(app, "recover", broker.DERIVED, {})
    except errors.Unavailable as error:
        log.warning("broker_unreachable", error=str(error))


class _Timer(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types.
    requires = ("celery.worker.components:Timer",)
    state: Broker

    def start(self, worker: Any) -> None:
        """Called by Celery when the worker starts."""
        worker.timer.call_repeatedly(EVERY_S, self._queue, (worker.app,))

    def _queue(self, app: Celery) -> None:
        try:
            # A timer of another worker may be a little later.
            is_due = self.state.may_recover(EVERY_S * 0.9)
        except RedisError as error:
            log.warning("broker_unreachable", error=errors.name_of(error))
            return
        if is_due:
            send(app)
