"""The worker process: Celery's, with the tasks of `kinds.py`. Its children connect to MongoDB after the fork."""

import logging
import os
from collections.abc import Sequence
from typing import Any

import structlog
from celery import Celery, signals

from app import errors
from app.config import Settings
from app.tasks import broker, kinds, queue
from app.tasks.renewal import Renewal

# Other work of the machine goes before a verification and a backup.
_NICENESS = 10

log = structlog.get_logger(__name__)


def worker_app(settings: Settings) -> Celery:
    """The application with all tasks. Raises SettingsError without REDIS_BROKER_URL."""
    app = queue.celery_app(settings)
    kinds.register(app, settings)
    app.steps["worker"].add(Renewal)
    return app


def run(settings: Settings, queues: Sequence[str], concurrency: int) -> None:
    """Run tasks of the queues until SIGTERM. Running tasks then get DRAIN_S to end, and are handed back after it.

    That needs REMAP_SIGTERM=SIGQUIT in the environment before Celery is imported; see `app/commands/tasks.py`.
    """
    if set(queues) == {broker.MAINTENANCE}:
        os.nice(_NICENESS)
    # A receiver of this signal replaces Celery's own logging by that of the command.
    signals.setup_logging.connect(_keep_logging)
    signals.worker_ready.connect(_recover)
    words = ["--quiet", "worker", "--pool=prefork", f"--queues={','.join(queues)}", f"--concurrency={concurrency}"]
    words += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker_app(settings).worker_main(words)


def _keep_logging(**_: Any) -> None:
    # One line for each message that arrives and one for each that ends: `task_ended` has more.
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _recover(sender: Any, **_: Any) -> None:
    """Called by Celery when the worker is ready: queue imports again that were lost with an earlier one."""
    kind = kinds.BY_NAME["recover"]
    try:
        queue.send(sender.app, kind.name, kind.queue, {})
    except errors.Unavailable as error:
        log.warning("broker_unreachable", error=str(error))
