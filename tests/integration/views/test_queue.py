"""The queue on the status page and in the API: published numbers, parked tasks and the schedule."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.domain.task_queue import QueuedTasks, QueueState
from app.store import parked_tasks, queue_state, schedule_runs

Database_ = Database[dict[str, Any]]


def status(client: FlaskClient) -> Any:
    """The queue in the API."""
    return client.get("/api/v1/status").json["queue"]


@pytest.fixture
def publish(db: Database_) -> Callable[..., None]:
    """A function that publishes a state of a certain age."""

    def run(*tasks: QueuedTasks, age: timedelta = timedelta()) -> None:
        queue_state.publish(QueueState(datetime.now(UTC) - age, tasks))

    return run


def test_a_portal_without_a_queue_has_none(client: FlaskClient, db: Database_) -> None:
    assert status(client) is None
    assert 'id="queue"' not in client.get("/status").text


def test_numbers_of_long_ago_are_stale(client: FlaskClient, publish: Callable[..., None]) -> None:
    oldest_at = datetime.now(UTC) - timedelta(minutes=10)
    publish(QueuedTasks("import", 12, 1, oldest_at), age=timedelta(minutes=5))

    page, found = client.get("/status").text, status(client)

    assert (found["is_stale"], found["tasks"][0]["waiting"]) == (True, 12)
    assert 'data-queue="stale"' in page
    assert "Out of date:" in page
    assert '<tr data-task="import">' in page


def test_an_idle_queue_is_shown_as_such(client: FlaskClient, publish: Callable[..., None]) -> None:
    publish()

    page = client.get("/status").text

    assert 'data-queue="current"' in page
    assert "No task waits or runs." in page


def test_parked_tasks_are_shown_without_private_details(client: FlaskClient, db: Database_) -> None:
    causes: dict[str, tuple[dict[str, Any], str]] = {
        "watch": ({"entry": "watch-inbox", "folder": "/data/inbox"}, "/data/inbox is not a folder"),
        "pull": ({"url": "https://ana.example/erddap"}, "https://ana.example/erddap: the server reports …"),
        "import": ({"files": [{"id": "1", "name": "made.nc"}]}, "an unexpected error (ValueError)"),
    }
    for task, (arguments, cause) in causes.items():
        parked_tasks.park(task, task, arguments, "a private cause at 10.0.0.1", cause)

    found, page = status(client)["parked"], client.get("/status").text

    assert {each["task"]: (each["subject"], each["cause"]) for each in found} == {
        "watch": ("watch-inbox", "…/inbox is not a folder"),
        "pull": ("…/erddap", "…/erddap: the server reports …"),
        "import": ("made.nc", "an unexpected error (ValueError)"),
    }
    assert "made.nc" in page
    assert not [text for text in ("10.0.0.1", "ana.example", "/data/inbox", "private") if text in page]


def test_the_schedule_has_its_next_slots_and_last_results(client: FlaskClient, db: Database_) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    schedule_runs.note_schedule({"verify": at + timedelta(days=1), "backup": at + timedelta(hours=2)})
    schedule_runs.claim("verify", at, at + timedelta(days=1), is_repeated=False)
    schedule_runs.end("verify", at, "differences")

    found, page = status(client)["schedule"], client.get("/status").text

    assert [(each["entry"], each["outcome"]) for each in found] == [("backup", None), ("verify", "differences")]
    assert found[0]["ended_at"] is None
    assert 'data-entry="verify"' in page
