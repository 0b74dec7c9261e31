"""A broker of its own for each test, and the worker and beat processes that use it."""

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
from pymongo import MongoClient
from pymongo.database import Database

from app import config
from app.localdev import pidfiles, valkey

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
}
Process = subprocess.Popen[bytes]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder of the broker, which is stopped with the test."""
    folder = tmp_path / "servers"
    yield folder
    pidfiles.stop(folder / "broker.pid")


@pytest.fixture
def db(db: Database[dict[str, Any]], settings: config.Settings) -> Iterator[Database[dict[str, Any]]]:
    """The database by a client of the test's own: commands close that of the portal."""
    with MongoClient[dict[str, Any]](settings.mongodb_uri, tz_aware=True) as client:
        yield client[settings.mongodb_database]


@pytest.fixture
def queued(settings: config.Settings, db: Database[dict[str, Any]], home: Path, few_basins: Path) -> config.Settings:
    """The settings of the test, with a broker, in an empty database."""
    return settings.model_copy(
        update={"redis_broker_url": valkey.start_broker(home), "basins_dir": few_basins, "log_level": "INFO"}
    )


@pytest.fixture
def start(queued: config.Settings, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """A function that starts a worker, or with `run="beat"` a beat; all of them are killed with the test."""
    processes: list[Process] = []

    def started(run: str = "worker", times: dict[str, float] | None = None, **order: Any) -> Process:
        changed = {
            "redis_broker_url": queued.redis_broker_url,
            "mongodb_uri": queued.mongodb_uri,
            "mongodb_database": queued.mongodb_database,
            "mongodb_timeout_ms": 10_000,
            "redis_url": queued.redis_url,
            "HALOCLINE_BASINS_DIR": str(queued.basins_dir),
            "HALOCLINE_ENVIRONMENT": "test",
            **order.pop("settings", {}),
        }
        argument = json.dumps({"run": run, "times": {**SHORT, **(times or {})}, "settings": changed, **order})
        with (tmp_path / f"{run}-{len(processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(DRIVER), argument],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        processes.append(process)
        return process

    yield started
    for process in processes:
        kill(process)


def kill(process: Process) -> None:
    """End the process and its children at once, as the loss of a node does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def eventually(condition: Callable[[], Any], within_s: float = 60) -> Any:
    """The first true result of the condition; fails after the time."""
    deadline = time.monotonic() + within_s
    while not (result := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not true within {within_s} s")
        time.sleep(0.05)
    return result
