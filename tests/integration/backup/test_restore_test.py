"""`halocline restore --test`: what it compares, what it leaves behind, and the metrics."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo.database import Database

from app import config
from app.store import backup_records, restored_documents
from app.tasks import lease, maintenance
from app.tasks.attempts import Busy
from app.telemetry import exposition
from app.telemetry.store_metrics import StoreReads
from tests.integration.backup.conftest import Run

Db = Database[dict[str, Any]]


def trial(stored: Db) -> str:
    """The name of the database for restore tests."""
    return f"{stored.name}_restore_test"


def test_it_compares_everything_records_its_success_and_leaves_no_database(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run
) -> None:
    halocline("backup", tmp_path / "backups", "--name", "nightly")

    result = halocline("restore", tmp_path / "backups", "--test")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("nightly restored and compared: ")
    assert result.stdout.endswith(" 3 original files and 2 missions, no differences\n")
    assert trial(stored) not in stored.client.list_database_names()
    assert stored.backups.find_one({"_id": "restore_test"})["name"] == "nightly"


def test_the_metrics_have_the_last_backup_and_the_last_restore_test(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run
) -> None:
    def metrics() -> list[str]:
        app = exposition.create_app(tmp_path, StoreReads(backups=backup_records.last))
        names = "name[]=halocline_backup_timestamp_seconds&name[]=halocline_backup_bytes"
        text = app.test_client().get(f"/metrics?{names}&name[]=halocline_restore_test_timestamp_seconds").text
        return [line for line in text.splitlines() if not line.startswith("#")]

    before = metrics()
    halocline("backup", tmp_path / "backups")
    backed_up = metrics()
    halocline("restore", tmp_path / "backups", "--test")
    tested = metrics()

    records = {doc["_id"]: doc for doc in stored.backups.find()}
    assert before == []
    assert len(backed_up) == 2
    values = dict(line.split() for line in tested)
    assert float(values["halocline_backup_timestamp_seconds"]) == records["backup"]["at"].timestamp()
    assert float(values["halocline_backup_bytes"]) == records["backup"]["bytes"] > 0
    assert float(values["halocline_restore_test_timestamp_seconds"]) == records["restore_test"]["at"].timestamp()


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (lambda db: db.totals.update_one({"_id": "fleet"}, {"$inc": {"profiles": 1}}), "totals fleet: profiles is 7"),
        (lambda db: db["originals.chunks"].delete_one({}), "has other bytes after the restore"),
    ],
    ids=["a wrong total", "a missing piece of an original"],
)
def test_a_wrong_store_fails_the_test_and_records_no_success(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, wrong: Any, line: str
) -> None:
    wrong(stored)
    halocline("backup", tmp_path / "backups")

    result = halocline("restore", tmp_path / "backups", "--test")

    assert result.exit_code == 1, result.output
    assert line in result.output
    assert stored.backups.find_one({"_id": "restore_test"}) is None
    assert trial(stored) not in stored.client.list_database_names()


def test_the_database_of_a_killed_test_is_dropped_and_other_data_are_not(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    halocline("backup", tmp_path / "backups")
    stored.client[trial(stored)].missions.insert_one({"_id": "precious"})
    refused = halocline("restore", tmp_path / "backups", "--test")
    precious = stored.client[trial(stored)].missions.find_one()
    stored.client.drop_database(trial(stored))
    stored.client[trial(stored)].counters.insert_one({"_id": "restore", "manifest": "killed", "done": 3})
    stored.client[trial(stored)].missions.insert_one({"_id": "left"})

    result = halocline("restore", tmp_path / "backups", "--test")

    assert refused.exit_code == 2
    assert refused.stderr.endswith("the database for restore tests has documents in missions: drop it first\n")
    assert precious == {"_id": "precious"}
    assert result.exit_code == 0, result.output


def test_a_second_test_is_refused_until_the_first_one_ends_and_leaves_its_database(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, settings: config.Settings
) -> None:
    halocline("backup", tmp_path / "backups")
    with lease.restore_test(settings) as is_first:
        stored.client[trial(stored)].counters.insert_one({"_id": "restore", "manifest": "of the first", "done": 3})
        refused = halocline("restore", tmp_path / "backups", "--test")
        of_the_first = stored.client[trial(stored)].counters.find_one()
    result = halocline("restore", tmp_path / "backups", "--test")

    assert is_first
    assert refused.exit_code == 3, refused.output
    assert refused.stderr == (
        "halocline: another restore test uses the database: wait for its end, or for a minute if it was killed\n"
    )
    assert of_the_first == {"_id": "restore", "manifest": "of the first", "done": 3}
    assert result.exit_code == 0, result.output


def test_the_scheduled_test_waits_while_one_by_hand_runs(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, settings: config.Settings
) -> None:
    halocline("backup", tmp_path / "backups")
    scheduled = settings.model_copy(update={"backup_target": str(tmp_path / "backups")})
    call: Any = SimpleNamespace(settings=scheduled)

    with lease.restore_test(settings), pytest.raises(Busy):
        maintenance.restore_test(call)
    assert maintenance.restore_test(call) == "done"


def test_a_count_that_differs_from_the_manifest_is_damage(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    halocline("backup", tmp_path / "backups")
    monkeypatch.setattr(restored_documents, "put", lambda *_: None)

    result = halocline("restore", tmp_path / "backups", "--into", restored.name)

    assert result.exit_code == 1, result.output
    assert " documents after the restore instead of " in result.stderr
