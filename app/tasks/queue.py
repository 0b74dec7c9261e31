"""The Celery application from the settings, and the queuing of tasks. The bodies of tasks are in `kinds.py`."""

import time
from typing import Any
from uuid import uuid4

from celery import Celery, signals
from kombu.entity import Queue
from kombu.exceptions import OperationalError
from redis import RedisError

from app.config import Settings, SettingsError
from app.errors import Unavailable
from app.tasks import broker

NAME = "halocline"
# A worker renews the messages of its tasks every RENEW_S (`renewal.py`), so the tasks of a killed worker are handed to
# another one after this time, and a task may last for hours. Three renewals may fail before a task would run twice.
VISIBILITY_S = 60
RENEW_S = 15
# How often a worker looks for messages that lost workers have left.
_RESTORE_EVERY_S = 5
# Tasks that wait for a later attempt are in the memory of a worker: more are left in the queue for the others.
_MOST_POSTPONED = 50
# A task that is running at SIGTERM may end; then it is handed back. Most files are imported within seconds, and a
# Kubernetes pod gets 15 s more.
DRAIN_S = 30
# numpy and matplotlib do not return all of their memory.
_TASKS_PER_PROCESS = 200
# Beats: a lock that expires after missing six of these, and the delay of a task at most.
_BEAT_EVERY_S = 5
BEAT_LOCK_S = 30
_SOCKET_TIMEOUT_S = 10


def celery_app(settings: Settings) -> Celery:
    """The application, without connections. Raises SettingsError without REDIS_BROKER_URL."""
    if settings.redis_broker_url is None:
        raise SettingsError("REDIS_BROKER_URL: is required for workers and their schedule")
    signals.before_task_publish.connect(_note_time)
    app = Celery(NAME)
    app.conf.update(
        broker_url=settings.redis_broker_url,
        broker_transport_options={
            "global_keyprefix": broker.PREFIX,
            "visibility_timeout": VISIBILITY_S,
            "unacked_restore_interval": _RESTORE_EVERY_S,
            "unacked_restore_throttle": 1,
            "socket_timeout": _SOCKET_TIMEOUT_S,
            "socket_connect_timeout": _SOCKET_TIMEOUT_S,
        },
        # Workers wait for a broker that restarts, without end: their tasks are in it.
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # JSON only: a message with pickle would run the code of any client that can write to the broker.
        task_serializer="json",
        accept_content=["json"],
        # Outcomes are in MongoDB; no caller waits for a result.
        task_ignore_result=True,
        result_backend=None,
        timezone="UTC",
        task_queues=[Queue(name) for name in broker.QUEUES],  # type: ignore[no-untyped-call]
        task_default_queue=broker.IMPORTS,
        task_create_missing_queues=False,
        # A message is acknowledged after its task: that of a lost worker, or of one that its time limit ended, returns.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_acks_on_timeout=False,
        # The broker hands the message of a running task to another worker once this one cannot renew it.
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_prefetch_multiplier=1,
        worker_eta_task_limit=_MOST_POSTPONED,
        worker_max_tasks_per_child=_TASKS_PER_PROCESS,
        # Commands and events by Redis channels, which nothing here uses.
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        beat_max_loop_interval=_BEAT_EVERY_S,
        redbeat_redis_url=settings.redis_broker_url,
        redbeat_key_prefix=f"{broker.PREFIX}beat:",
        redbeat_lock_timeout=BEAT_LOCK_S,
        redbeat_redis_options={"socket_timeout": _SOCKET_TIMEOUT_S, "retry_period": BEAT_LOCK_S},
    )
    return app


def send(
    app: Celery,
    task: str,
    queue: str,
    arguments: dict[str, Any],
    task_id: str | None = None,
    delay_s: float | None = None,
) -> str:
    """Queue a task; returns its id. Raises Unavailable if the broker does not accept it."""
    task_id = task_id or uuid4().hex
    try:
        app.send_task(
            full_name(task),
            kwargs=arguments,
            task_id=task_id,
            queue=queue,
            countdown=delay_s,
            retry_policy={"max_retries": 3, "interval_start": 0.2, "interval_step": 0.5},
        )
    except (OperationalError, RedisError, OSError) as error:
        raise Unavailable("the broker of the queue (REDIS_BROKER_URL)") from error
    return task_id


def full_name(task: str) -> str:
    """The name of a task in messages."""
    return f"{NAME}.{task}"


def _note_time(headers: dict[str, Any] | None = None, **_: Any) -> None:
    if headers is not None:
        headers[broker.QUEUED_AT] = time.time()
