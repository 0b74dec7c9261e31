"""Dry runs whose file is no longer kept run again when the client sends the file again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog.testing
from pymongo.errors import OperationFailure

from app import create_app
from app.api.v1 import key_uses
from app.store import api_keys, kept_files
from app.tasks import broker, queue
from tests.integration.tasks.conftest import eventually, is_idle
from tests.integration.uploads.conftest import Db, Portal, Start, waiting_files


def checked(portal: Portal, file: Path, key: str) -> dict[str, Any]:
    """The state of an ended dry run."""
    return portal.ended(portal.put(file, key, dry_run="true"), key)


def evict(db: Db, is_deleted: bool) -> None:
    """End the time for which files are kept, or delete them."""
    if is_deleted:
        db["spool.files"].delete_many({})
        db["spool.chunks"].delete_many({})
    else:
        db["spool.files"].update_many({}, {"$set": {"kept_until": datetime.now(UTC) - timedelta(seconds=1)}})


def test_a_dry_run_whose_file_is_gone_runs_again_with_the_file_that_is_sent(
    portal: Portal, db: Db, file: Path, importer: str
) -> None:
    first = checked(portal, file, importer)
    repeated = portal.put(file, importer, dry_run="true")
    for is_deleted in (False, True):
        evict(db, is_deleted)
        gone = portal.wait(first["id"], importer)
        again = portal.ended(answer := portal.put(file, importer, dry_run="true"), importer)

        assert gone["kept_until"] is None
        assert (answer.status, answer.json["result"], again["state"], again["id"]) == (202, None, "done", first["id"])
        assert again["kept_until"] is not None
        assert again["received_at"] > first["received_at"]

    assert repeated.json == first
    done = portal.ended(portal.import_checked(first["id"], importer), importer)
    assert (done["state"], done["result"][0]["outcome"]) == ("done", "stored")
    # The file that had expired, but was not deleted yet, is not imported.
    assert (db.imports.count_documents({}), waiting_files(db)) == (1, 0)


def test_of_two_files_at_once_one_runs(portal: Portal, db: Db, file: Path, importer: str) -> None:
    dry = checked(portal, file, importer)
    evict(db, is_deleted=True)
    before = portal.process.metric_values()
    # One key uses half of the four upload slots.
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: portal.put(file, importer, dry_run="true"), range(2)))
    again = portal.ended(answers[0], importer)
    after = portal.process.metric_values()

    assert {(answer.status, answer.json["id"]) for answer in answers} == {(202, dry["id"])}
    assert again["kept_until"] is not None
    assert db["spool.files"].count_documents({}) == db["spool.chunks"].count_documents({}) == 1
    counted = {outcome: ("halocline_uploads_total", outcome) for outcome in ("received", "repeated")}
    assert {outcome: after[name] - before[name] for outcome, name in counted.items()} == {"received": 1, "repeated": 1}


def test_a_dry_run_that_was_imported_does_not_run_again(portal: Portal, db: Db, file: Path, importer: str) -> None:
    dry = checked(portal, file, importer)
    done = portal.ended(portal.import_checked(dry["id"], importer), importer)

    repeated = portal.put(file, importer, dry_run="true")

    assert (repeated.status, repeated.json["result"]) == (202, dry["result"])
    assert portal.import_checked(dry["id"], importer).json == done
    assert db["spool.files"].count_documents({}) == 0


def test_a_dry_run_that_is_delivered_again_keeps_not_more_than_the_limits(
    portal: Portal, db: Db, file: Path, importer: str
) -> None:
    dry = checked(portal, file, importer)
    doc = db["spool.files"].find_one()
    trial = {"files": [{"id": doc["_id"], "name": file.name}], "upload": dry["id"], "dry_run": True}
    # As if the worker had been killed after it stored the result.
    change: Any = {"$set": {"task": dry["id"], "arguments": trial}, "$unset": {"kept_until": ""}}
    db["spool.files"].update_one({}, change)
    older = {**doc, "length": 1, "kept_until": doc["kept_until"] - timedelta(hours=1)}
    db["spool.files"].insert_many([{**older, "_id": str(number)} for number in range(kept_files.MOST_FILES)])

    queue.send(queue.celery_app(portal.settings), "import", broker.IMPORTS, trial, dry["id"])
    eventually(lambda: is_idle(portal.settings))

    assert portal.wait(dry["id"], importer)["kept_until"] == dry["kept_until"]
    assert db["spool.files"].count_documents({}) == kept_files.MOST_FILES


def test_an_upload_whose_key_use_cannot_be_stored_is_accepted(
    start_portal: Start, portal: Portal, db: Db, file: Path, importer: str, monkeypatch: Any
) -> None:
    def denied(*_: Any) -> None:
        raise OperationFailure("not authorized", 13)

    monkeypatch.setattr(api_keys, "note_use", denied)
    monkeypatch.setattr(key_uses, "_logged_s", float("-inf"))
    alone = portal.settings.model_copy(update={"uploads": 1})
    client = create_app(alone).test_client()
    headers = {"Authorization": f"Bearer {importer}", "Content-Type": "application/octet-stream"}

    with structlog.testing.capture_logs() as logged:
        answers = [
            client.post(f"/api/v1/imports?file_name={name}", data=file.read_bytes(), headers=headers)
            for name in ("a.nc", "b.nc")
        ]
    eventually(lambda: is_idle(portal.settings))

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [each["event"] for each in logged].count("key_use_not_stored") == 1
