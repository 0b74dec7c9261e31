"""Renews the messages of a worker's tasks, so that the broker hands them to another worker only after its loss."""

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

    requires = ("celery.worker.components:Timer",)

    def start(self, worker: Any) -> None:
        """Called by Celery when the worker starts."""
        worker.timer.call_repeatedly(queue.RENEW_S, renew)


def renew() -> None:
    """Renew the messages of all tasks that run, wait in this process, or wait for their time."""
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
            return
