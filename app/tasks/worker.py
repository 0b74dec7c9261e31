"""The worker process: Celery's, with the tasks of `kinds.py`. Its children connect to MongoDB after the fork."""

import logging
import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from celery import Celery, signals
from celery.worker import state
from redis import RedisError

from app import errors
from app.config import Settings
from app.ingest.derive import section_refresh
from app.store import connection
from app.tasks import broker, interruption, kinds, publication, queue, recovery
from app.tasks.broker import Broker
from app.tasks.renewal import Renewal

# Other work of the machine goes before a verification and a backup.
_NICENESS = 10

log = structlog.get_logger(__name__)


def worker_app(settings: Settings) -> Celery:
    """The application with all tasks. Raises SettingsError without REDIS_BROKER_URL."""
    app = queue.celery_app(settings)
    kinds.register(app, settings)
    app.steps["worker"].add(Renewal)
    interruption.install(app, settings)
    publication.install(app, settings)
    recovery.install(app, settings)
    return app


def run(settings: Settings, queues: Sequence[str], concurrency: int) -> None:
    """Run tasks of the queues until SIGTERM. Running tasks then get DRAIN_S to end, and are handed back after it."""
    if set(queues) == {broker.MAINTENANCE}:
        os.nice(_NICENESS)
    connection.keep_open()
    section_refresh.draw_in_random_order()
    drain = _Drain(settings)
    # A receiver of this signal replaces Celery's own logging by that of the command.
    signals.setup_logging.connect(_keep_logging)
    signals.worker_ready.connect(_recover)
    signals.worker_shutting_down.connect(drain.begin)
    words = ["--quiet", "worker", "--pool=prefork", f"--queues={','.join(queues)}", f"--concurrency={concurrency}"]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker_app(settings).worker_main(words)


class _Drain:
    """The end of a worker: at SIGTERM, Celery waits for all running tasks, however long they take; this limits it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def begin(self, how: str, **_: Any) -> None:
        """Called by Celery at the first signal: `how` is Warm at SIGTERM."""
        if how == "Warm":
            timer = threading.Timer(queue.DRAIN_S, self._hand_back)
            # It must not keep a process that has ended its tasks.
            timer.daemon = True
            timer.start()

    def _hand_back(self) -> None:
        """End running tasks; their messages return to the queue when the connection to the broker is closed."""
        running = [str(request.id) for request in state.active_requests]
        log.warning("worker_hands_back", tasks=running)
        try:
            held = Broker(self._settings)
            for task_id in running:
                # It is no fault of the task that it does not end now.
                held.end(task_id)
            held.close()
        except RedisError as error:
            log.warning("broker_unreachable", error=errors.name_of(error))
        os.kill(os.getpid(), signal.SIGQUIT)


def _keep_logging(**_: Any) -> None:
    # One line for each message that arrives and one for each that ends: `task_ended` has more.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _recover(sender: Any, **_: Any) -> None:
    """Called by Celery when the worker is ready: queue imports again that were lost with an earlier one."""
    recovery.send(sender.app)
