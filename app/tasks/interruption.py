"""Tasks that Celery ends because the connection to the broker was lost: another worker runs them from their begin.

Without this end, a task would run twice at the same time: here, and where the broker hands its message to.
"""

from collections.abc import Callable
from typing import Any

import structlog
from celery import Celery, bootsteps, signals
from redis import RedisError

from app import errors
from app.config import Settings
from app.tasks.broker import Broker

log = structlog.get_logger(__name__)


def install(app: Celery, settings: Settings) -> None:
    """Reset the starts of interrupted tasks once the broker is reachable again: their interruption is no fault."""
    interrupted: set[str] = set()

    # No task of Halocline asks Celery for a retry: the signal reports an interruption.
    def note(request: Any, **_: Any) -> None:
        interrupted.add(str(request.id))

    def forgive() -> None:
        if not interrupted:
            return
        broker = Broker(settings)
        try:
            for task_id in tuple(interrupted):
                broker.end(task_id)
                interrupted.discard(task_id)
        except RedisError as error:
            # At the next connection.
            log.warning("broker_unreachable", error=errors.name_of(error))
        finally:
            broker.close()

    # Without `weak`, which would drop a local function.
    signals.task_retry.connect(note, weak=False)
    app.steps["consumer"].add(type("Forgiveness", (_Connected,), {"call": staticmethod(forgive)}))


class _Connected(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types.
    """A step of the consumer, which begins again with each connection."""

    requires = ("celery.worker.consumer.connection:Connection",)
    call: Callable[[], None]

    def start(self, _consumer: Any) -> None:
        """Called by Celery after each connection to the broker."""
        self.call()
