"""Brokers, workers and beats. Tests that end processes have their own; the others of a module share a worker."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient
from pymongo.database import Database
from redis import Redis

from app import config
from app.cli import cli
from app.localdev import pidfiles, ports, valkey
from app.tasks import queue
from app.tasks.attempts import Call
from app.tasks.broker import PREFIX, QUEUES, Broker
from tests.reserved_ports import reserve

DRIVER = Path(__file__).with_name("driver.py")
ROOT = Path(__file__).parents[3]
# The times of production are for outages of minutes.
SHORT = {
    "queue.VISIBILITY_S": 3,
    "queue.RENEW_S": 1,
    "queue._RESTORE_EVERY_S": 1,
    "queue._BEAT_EVERY_S": 0.5,
    "queue.BEAT_LOCK_S": 3,
    "attempts.FIRST_PAUSE_S": 0.1,
    "attempts.OUTAGE_PAUSE_S": 0.5,
    "enqueue.REBUILD_DELAY_S": 0.1,
    # Off: it would write into the database while another test prepares its content.
    "publication.EVERY_S": 1e6,
    "recovery.EVERY_S": 1e6,
}
# For tests of the published state.
PUBLISHED = {"publication.EVERY_S": 0.5, "publication.CHANGES_EVERY_S": 0.5}
Process = subprocess.Popen[bytes]


def launched(
    portal: config.Settings, log: Path, run: str, times: dict[str, float] | None = None, **order: Any
) -> Process:
    """A worker or a beat with these settings, in a session of its own."""
    changed = {
        "redis_broker_url": portal.redis_broker_url,
        "mongodb_uri": portal.mongodb_uri,
        "mongodb_database": portal.mongodb_database,
        "mongodb_timeout_ms": 10_000,
        "redis_url": portal.redis_url,
        "HALOCLINE_BASINS_DIR": str(portal.basins_dir),
        "HALOCLINE_ENVIRONMENT": "test",
        **order.pop("settings", {}),
    }
    argument = json.dumps({"run": run, "times": {**SHORT, **(times or {})}, "settings": changed, **order})
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, str(DRIVER), argument],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def kill(process: Process) -> None:
    """End the process and its children at once, as the loss of a node does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def stop(process: Process) -> None:
    """End a process in order: a killed one would leave a transaction, whose locks outlast the test."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    kill(process)


def eventually(condition: Callable[[], Any], within_s: float = 60) -> Any:
    """The first true result of the condition; fails after the time."""
    deadline = time.monotonic() + within_s
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {within_s} s")
        time.sleep(0.05)
    return result


def waiting(settings: config.Settings) -> int:
    """The number of tasks that wait or run."""
    state = Broker(settings)
    try:
        now = state.state()
    finally:
        state.close()
    return sum(now.depth.values()) + now.running


def is_idle(settings: config.Settings) -> bool:
    """True if no task waits or runs. For tests with one worker, which waits for the next message then.

    A message that the worker has read and not recorded yet is neither in a queue nor held: `waiting` misses it.
    """
    assert settings.redis_broker_url is not None
    client = Redis.from_url(settings.redis_broker_url)
    try:
        pipe: Any = client.pipeline()
        for name in QUEUES:
            pipe.llen(PREFIX + name)
        *counts, clients = pipe.hlen(PREFIX + "unacked").client_list().execute()
    finally:
        client.close()
    return not any(counts) and any(each["cmd"] == "brpop" and "b" in each["flags"] for each in clients)


def halocline(settings: config.Settings, *words: object) -> Result:
    """Run a command with these settings."""
    env = {
        "REDIS_BROKER_URL": settings.redis_broker_url,
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url,
        "HALOCLINE_BASINS_DIR": str(settings.basins_dir),
        "HALOCLINE_ENVIRONMENT": "test",
        "HALOCLINE_MAX_FILE_BYTES": str(settings.max_file_bytes),
        "HALOCLINE_SCHEDULE_FILE": "" if settings.schedule_file is None else str(settings.schedule_file),
    }
    return CliRunner().invoke(cli, [str(word) for word in words], env=env, catch_exceptions=False)


@pytest.fixture
def db(db: Database[dict[str, Any]], settings: config.Settings) -> Iterator[Database[dict[str, Any]]]:
    """The database by a client of the test's own: commands close that of the portal."""
    with MongoClient[dict[str, Any]](settings.mongodb_uri, tz_aware=True) as client:
        yield client[settings.mongodb_database]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder of a broker, which is stopped with the test."""
    folder = tmp_path / "servers"
    folder.mkdir()
    ports.record(folder, "broker", reserve())
    yield folder
    pidfiles.stop(folder / "broker.pid")


@pytest.fixture
def queued(settings: config.Settings, db: Database[dict[str, Any]], home: Path, few_basins: Path) -> config.Settings:
    """The settings of the test, with a broker of its own, in an empty database."""
    return _with_broker(settings, home, few_basins)


@pytest.fixture
def call(queued: config.Settings) -> Iterator[Call]:
    """What a task gets, for tests that run the work of one in their own process, without a worker."""
    state = Broker(queued)
    yield Call(queue.celery_app(queued), queued, state, is_last=False)
    state.close()


@pytest.fixture
def start(queued: config.Settings, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """A function that starts a worker, or with `run="beat"` a beat; all of them end with the test."""
    processes: list[Process] = []

    def started(run: str = "worker", **order: Any) -> Process:
        processes.append(launched(queued, tmp_path / f"{run}-{len(processes)}.log", run, **order))
        return processes[-1]

    yield started
    for process in processes:
        stop(process)


@pytest.fixture(scope="module")
def _served(
    settings: config.Settings, tmp_path_factory: pytest.TempPathFactory, few_basins: Path
) -> Iterator[config.Settings]:
    """The settings with a broker and a worker, which the tests of a module share."""
    folder = tmp_path_factory.mktemp("served")
    shared = _with_broker(settings, folder, few_basins)
    worker = launched(shared, folder / "worker.log", "worker", concurrency=2)
    yield shared
    stop(worker)
    pidfiles.stop(folder / "broker.pid")


@pytest.fixture
def served(_served: config.Settings, db: Database[dict[str, Any]]) -> config.Settings:
    """The same in an empty database. The worker is idle at the end of a test."""
    return _served


def _with_broker(settings: config.Settings, home: Path, basins: Path) -> config.Settings:
    return settings.model_copy(
        update={"redis_broker_url": valkey.start_broker(home), "basins_dir": basins, "log_level": "INFO"}
    )
