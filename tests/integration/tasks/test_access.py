"""The users of the broker: their rights suffice for workers, beats and metrics, and are no more than that."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo.database import Database
from redis import Redis, RedisError
from redis.exceptions import NoPermissionError

from app import config
from app.commands import broker_secret
from app.localdev import libraries, pidfiles, readiness
from app.tasks import broker, enqueue, queue
from app.telemetry.queue_metrics import state as metrics_of
from tests.integration.tasks.conftest import Process, eventually
from tests.made_files import time_series
from tests.reserved_ports import reserve

Texts = dict[str, str]


@pytest.fixture
def protected(tmp_path: Path) -> Iterator[Texts]:
    """The Secret of a running broker, with URLs that lead to it."""
    texts, home, port = broker_secret.new(), tmp_path / "protected", reserve()
    home.mkdir()
    (home / "users.acl").write_text(texts["users.acl"])
    command = [str(libraries.valkey()), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    pidfiles.start("broker", [*command, "--aclfile", str(home / "users.acl")], home)
    urls = {key: texts[key].replace("redis-broker:6379", f"127.0.0.1:{port}") for key in ("url", "metrics-url")}
    with Redis.from_url(urls["url"]) as client:
        readiness.wait("broker", home, lambda: bool(client.exists("halocline:tasks:x") == 0), (RedisError,))
    yield texts | urls
    pidfiles.stop(home / "broker.pid")


def test_workers_beats_and_metrics_work_with_their_users(
    queued: config.Settings,
    start: Callable[..., Process],
    db: Database[dict[str, Any]],
    tmp_path: Path,
    protected: Texts,
) -> None:
    settings = queued.model_copy(update={"redis_broker_url": protected["url"]})
    metrics = broker.Broker(settings.model_copy(update={"redis_broker_url": protected["metrics-url"]}))
    app = queue.celery_app(settings)
    enqueue.file(app, time_series(tmp_path / "made.nc"), enqueue.ImportOptions(), enqueue.SpoolLimits.of(settings))

    waiting = metrics.state()
    start(settings={"redis_broker_url": protected["url"]})
    start("beat", settings={"redis_broker_url": protected["url"]})

    assert (waiting.depth["imports"], waiting.oldest_age_s["imports"] > 0) == (1, True)
    assert {family.name for family in metrics_of(waiting)} == {
        "halocline_queue_depth", "halocline_queue_oldest_age_seconds", "halocline_tasks_running",
    }  # fmt: skip
    eventually(lambda: db.missions.count_documents({}) == 1)
    eventually(lambda: db.counters.find_one({"_id": "schedule", "next.verify": {"$exists": True}}))
    metrics.close()


@pytest.mark.parametrize(
    ("key", "command"),
    [
        ("metrics-url", ("LPUSH", "halocline:tasks:imports", "{}")),
        ("metrics-url", ("LLEN", "other")),
        ("url", ("SET", "other", "1")),
        ("url", ("FLUSHALL",)),
        ("url", ("CONFIG", "GET", "*")),
    ],
)
def test_a_user_has_no_further_right(protected: Texts, key: str, command: tuple[str, ...]) -> None:
    with Redis.from_url(protected[key]) as client, pytest.raises(NoPermissionError):
        client.execute_command(*command)


def test_passwords_are_in_the_urls_alone(protected: Texts) -> None:
    password = urlsplit(protected["url"]).password

    assert password
    assert password not in protected["users.acl"]
