"""Renewal of a worker's tasks, so that the broker hands them to another worker only after its loss."""

import time
from typing import Any

import structlog
from celery import bootsteps
from celery.worker import state
from redis import RedisError

from app import errors
from app.tasks import queue

log = structlog.get_logger(__name__)


class Renewal(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types.
    """A step of the worker: renews all messages that it holds every RENEW_S seconds, from its event loop."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def start(self, worker: Any) -> None:
        """Called by Celery when the worker starts."""
        self._pool, self._renewed_s = worker.pool, time.monotonic()
        worker.timer.call_repeatedly(queue.RENEW_S, self._renew)

    def _renew(self) -> None:
        now_s = time.monotonic()
        if renew():
            self._renewed_s = now_s
        elif now_s - self._renewed_s >= queue.VISIBILITY_S - queue.RENEW_S:
            # A broken connection that no error reports: the broker is about to hand the tasks to another worker.
            self._renewed_s = now_s
            for request in tuple(state.active_requests):
                log.warning("task_interrupted", task_id=str(request.id), cause="its message could not be renewed")
                request.cancel(self._pool)


def renew() -> bool:
    """Renew the messages of all tasks that run, wait in this process, or wait for their time; False if that failed."""
    for request in {*state.reserved_requests, *state.scheduled_requests}:
        message = request.message
        channel = message.channel
        try:
            # Not `channel.client`, whose connection waits for messages and would read their reply instead.
            with channel.conn_or_acquire() as client:
                # Without a message of this tag nothing is written: the task has just ended.
                client.zadd(channel.unacked_index_key, {message.delivery_tag: time.time()}, xx=True)
        except (RedisError, OSError) as error:
            log.warning("broker_unreachable", error=errors.name_of(error))
            return False
    return True
