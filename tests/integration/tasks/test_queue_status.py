"""What workers publish about the queue, and an entry of the schedule that is queued at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from pymongo.database import Database

from app import config
from app.tasks import broker, publication, queue
from app.tasks.broker import Broker
from tests.integration.tasks.conftest import PUBLISHED, Process, eventually, halocline, waiting
from tests.made_files import time_series

Database_ = Database[dict[str, Any]]


def status(client: FlaskClient) -> Any:
    """The queue in the API."""
    return client.get("/api/v1/status").json["queue"]


def test_the_tasks_of_each_kind_are_counted(queued: config.Settings, tmp_path: Path) -> None:
    app, state = queue.celery_app(queued), Broker(queued)
    for _ in range(3):
        queue.send(app, "import", broker.IMPORTS, {})
    queue.send(app, "verify", broker.MAINTENANCE, {"pace": 1})
    queue.send(app, "watch", broker.MAINTENANCE, {})

    counted = publication.counted(state)
    state.close()

    assert {each.task: (each.waiting, each.running) for each in counted.tasks} == {
        "import": (3, 0), "verify": (1, 0), "watch": (1, 0),
    }  # fmt: skip
    assert all(each.oldest_at <= counted.at for each in counted.tasks)


def test_a_worker_publishes_what_runs_and_open_pages_are_informed(
    queued: config.Settings, start: Callable[..., Process], db: Database_, client: FlaskClient, tmp_path: Path
) -> None:
    # Its children are forked while it is connected to MongoDB.
    start(faults={"00.nc": "brief"}, times={**PUBLISHED, "queue._TASKS_PER_PROCESS": 1})
    eventually(lambda: db.counters.find_one({"_id": "queue"}))
    halocline(queued, "ingest", "--enqueue", time_series(tmp_path / "00.nc"))

    running = eventually(lambda: [each for each in status(client)["tasks"] if each["running"]])
    eventually(lambda: waiting(queued) == 0 and status(client)["tasks"] == [])

    assert running[0]["task"] == "import"
    assert status(client)["is_stale"] is False
    # One when it begins, and one when it ends; the time passes without any.
    changes = db.changes.count_documents({"tags": "queue"})
    before = db.counters.find_one({"_id": "queue"})["at"]
    eventually(lambda: db.counters.find_one({"_id": "queue"})["at"] > before)
    assert changes >= 2
    assert db.changes.count_documents({"tags": "queue"}) == changes


def test_an_entry_of_the_schedule_can_be_queued_at_once(served: config.Settings, db: Database_, tmp_path: Path) -> None:
    path = tmp_path / "schedule.toml"
    path.write_text(f'[[watch]]\nname = "inbox"\nfolder = "{tmp_path}"\n', encoding="utf-8")
    scheduled = served.model_copy(update={"schedule_file": path})

    result = halocline(scheduled, "beat", "--now", "watch-inbox")
    wrong = halocline(scheduled, "beat", "--now", "inbox")
    eventually(lambda: db.schedule_runs.find_one({"entry": "watch-inbox", "outcome": "done"}))
    eventually(lambda: waiting(served) == 0)

    assert result.stdout.startswith("queued    watch-inbox@")
    assert (wrong.exit_code, "no entry inbox in the schedule; use recover, verify, watch-inbox" in wrong.stderr) == (
        2, True,
    )  # fmt: skip
