"""Imports of files that a dry run has checked: the portal has their bytes, and the client sends them once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from app.store import audit, kept_files
from app.tasks import broker, queue
from app.tasks import uploads as upload_tasks
from tests.integration.http.conftest import Answer
from tests.integration.tasks.conftest import eventually, is_idle
from tests.integration.uploads.conftest import OWNER, Db, Portal, Start, waiting_files
from tests.made_files import csv_file, rows, table, time_series


def checked(portal: Portal, file: Path, key: str, **query: str) -> dict[str, Any]:
    """The state of an ended dry run."""
    return portal.ended(portal.upload(file, key, dry_run="true", **query), key)


def problem(answer: Answer) -> tuple[int, str]:
    """The status and the text of a refusal."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status, answer.json["detail"]


def test_a_checked_file_is_imported_without_sending_it_again(portal: Portal, db: Db, file: Path, importer: str) -> None:
    before = portal.process.metric_values()
    dry = checked(portal, file, importer)
    answers = [portal.import_checked(dry["id"], importer) for _ in range(2)]
    done = portal.ended(answers[0], importer)
    repeated = portal.import_checked(dry["id"], importer)
    after = portal.process.metric_values()

    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].headers["Location"] == f"/api/v1/imports/{done['id']}"
    assert (done["dry_run"], done["sha256"], done["by"]) == (False, dry["sha256"], dry["by"])
    assert done["result"] == dry["result"]
    assert (repeated.status, repeated.json) == (202, done)
    assert done["id"] == answers[1].json["id"] != dry["id"]
    assert db.imports.count_documents({}) == 1
    assert db["spool.files"].count_documents({}) + db["spool.chunks"].count_documents({}) == 0
    entry = next(iter(audit.page(10)))
    assert (entry.action, entry.target, dry["id"] in (entry.detail or "")) == ("import upload", done["id"], True)
    counted = {outcome: ("halocline_uploads_total", outcome) for outcome in ("received", "repeated")}
    assert {outcome: after[name] - before[name] for outcome, name in counted.items()} == {"received": 2, "repeated": 2}
    sent_bytes = after["halocline_upload_bytes_total",] - before["halocline_upload_bytes_total",]
    assert sent_bytes == file.stat().st_size


def test_the_state_of_a_dry_run_has_the_time_until_which_it_can_be_imported(
    portal: Portal, db: Db, file: Path, importer: str
) -> None:
    dry = checked(portal, file, importer)
    ended_at = db.uploads.find_one()["ended_at"]
    done = portal.ended(portal.import_checked(dry["id"], importer), importer)

    assert datetime.fromisoformat(dry["kept_until"]) == ended_at + timedelta(hours=24)
    assert [done["kept_until"], portal.wait(dry["id"], importer)["kept_until"]] == [None, None]


def test_of_two_imports_at_once_one_is_stored(portal: Portal, db: Db, file: Path, importer: str) -> None:
    dry = checked(portal, file, importer)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: portal.import_checked(dry["id"], importer), range(4)))
    done = portal.ended(answers[0], importer)

    assert {(answer.status, answer.json["id"]) for answer in answers} == {(202, done["id"])}
    assert (db.imports.count_documents({}), db.uploads.count_documents({}), waiting_files(db)) == (1, 2, 0)
    assert [entry.action for entry in audit.page(10)].count("import upload") == 1


def test_two_senders_of_the_same_bytes_import_one_mission(
    portal: Portal, db: Db, file: Path, new_key: Callable[..., str]
) -> None:
    keys = [new_key() for _ in range(2)]
    dry = [checked(portal, file, key)["id"] for key in keys]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(portal.import_checked, dry, keys))

    done = [portal.ended(answer, key) for answer, key in zip(answers, keys, strict=True)]

    assert sorted(each["result"][0]["outcome"] for each in done) == ["stored", "unchanged"]
    assert len({each["id"] for each in done}) == 2
    assert (db.missions.count_documents({}), waiting_files(db)) == (1, 0)


def test_options_are_those_of_the_dry_run_unless_others_are_given(
    portal: Portal, tmp_path: Path, importer: str
) -> None:
    file = csv_file(tmp_path / "table.csv", table())
    nameless, named = (checked(portal, file, importer, **query) for query in ({}, {"platform": "a", "mission": "M1"}))

    answers = [
        portal.import_checked(nameless["id"], importer, platform="B", mission="M2", mode="D"),
        portal.import_checked(named["id"], importer),
    ]

    results = [portal.ended(answer, importer)["result"][0] for answer in answers]
    assert [nameless["result"][0]["reason_code"], named["result"][0]["platform"]] == ["no_mission", "a"]
    names = [[each[name] for name in ("outcome", "platform", "mission", "data_mode")] for each in results]
    assert names == [["stored", "b", "M2", "D"], ["stored", "a", "M1", "R"]]
    other = portal.import_checked(named["id"], importer, mission="M3")
    assert problem(other) == (
        409,
        f"The file was imported with other options, as {answers[1].json['id']}. Send it again.",
    )


def test_a_file_of_the_dry_run_may_be_shorter(portal: Portal, tmp_path: Path, importer: str) -> None:
    portal.ended(portal.upload(time_series(tmp_path / "long.nc", rows(8)), importer), importer)
    dry = checked(portal, time_series(tmp_path / "short.nc", rows(6), attributes={"data_mode": "D"}), importer)

    done = portal.ended(portal.import_checked(dry["id"], importer, shorter="true"), importer)

    assert [each["result"][0]["outcome"] for each in (dry, done)] == ["refused", "replaced"]


def test_a_replacement_needs_an_operators_key(portal: Portal, tmp_path: Path, importer: str, operator: str) -> None:
    portal.ended(portal.upload(time_series(tmp_path / "long.nc", rows(8)), importer), importer)
    dry = checked(portal, time_series(tmp_path / "short.nc", rows(2)), importer)

    forbidden = portal.import_checked(dry["id"], importer, replace="reprocessed")
    done = portal.ended(portal.import_checked(dry["id"], operator, replace="reprocessed"), operator)

    assert problem(forbidden) == (403, "This needs an API key with the role operator.")
    assert (done["result"][0]["outcome"], done["by"].startswith("key operator-1")) == ("replaced", True)
    replaced = next(entry for entry in audit.page(10) if entry.action == "replace")
    assert (replaced.actor.label, replaced.reason) == (done["by"], "reprocessed")
    # The import stays that of the sender.
    assert portal.wait(done["id"], importer) == done


def test_an_upload_of_another_sender_is_as_one_that_does_not_exist(
    portal: Portal, db: Db, file: Path, importer: str, new_key: Callable[..., str]
) -> None:
    dry = checked(portal, file, importer)
    strangers = [new_key(), new_key("operator", provider=OWNER)]

    answers = [portal.import_checked(name, key) for name in (dry["id"], "0" * 32) for key in strangers]

    assert [problem(answer) for answer in answers] == [
        (404, f"There is no upload {name}.") for name in (dry["id"], "0" * 32) for _ in strangers
    ]
    assert portal.import_checked(dry["id"], "wrong").status == 401
    db.api_keys.update_one({"_id": importer.split("_")[1]}, {"$set": {"revoked_at": datetime.now(UTC)}})
    assert problem(portal.import_checked(dry["id"], importer)) == (401, "the API key was revoked")
    assert db.uploads.count_documents({}) == 1


def test_an_import_by_an_operator_keeps_the_provider_of_the_sender(
    portal: Portal, file: Path, operator: str, new_key: Callable[..., str]
) -> None:
    stranger = new_key(provider="Other")
    dry = checked(portal, file, stranger)

    done = portal.ended(portal.import_checked(dry["id"], operator), operator)

    assert [each["result"][0]["reason_code"] for each in (dry, done)] == ["wrong_provider"] * 2


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"dry_run": False}, "The upload is not a dry run."),
        ({"state": "running"}, "The dry run is running: only one that is done can be imported."),
        ({"state": "failed"}, "The dry run is failed: only one that is done can be imported."),
    ],
)
def test_only_a_dry_run_that_is_done_can_be_imported(
    portal: Portal, db: Db, file: Path, importer: str, change: dict[str, Any], text: str
) -> None:
    dry = checked(portal, file, importer)
    db.uploads.update_one({}, {"$set": change})

    assert problem(portal.import_checked(dry["id"], importer)) == (409, text)


def test_a_request_with_a_body_or_another_argument_is_refused(portal: Portal, file: Path, importer: str) -> None:
    dry = checked(portal, file, importer)
    path = f"/{dry['id']}/import"

    answers = [portal.send("POST", path, b"content", importer), portal.import_checked(dry["id"], importer, dry_run="1")]

    assert [problem(answer)[0] for answer in answers] == [400, 400]
    assert "must be empty" in problem(answers[0])[1]


def test_bytes_that_are_no_longer_kept_are_gone(portal: Portal, db: Db, file: Path, importer: str) -> None:
    dry = checked(portal, file, importer)
    past = datetime.now(UTC) - timedelta(seconds=1)
    db["spool.files"].update_one({}, {"$set": {"kept_until": past}})

    answers = [portal.import_checked(dry["id"], importer)]
    queue.send(queue.celery_app(portal.settings), "recover", broker.DERIVED, {})
    eventually(lambda: db["spool.files"].count_documents({}) + db["spool.chunks"].count_documents({}) == 0)
    answers.append(portal.import_checked(dry["id"], importer))
    eventually(lambda: is_idle(portal.settings))

    assert [answer.status for answer in answers] == [410, 410]
    assert "kept for 24 hours" in problem(answers[0])[1]
    assert portal.wait(dry["id"], importer)["kept_until"] is None
    assert portal.put(file, importer).status == 202
    eventually(lambda: is_idle(portal.settings))


def test_of_each_key_the_latest_files_are_kept(
    portal: Portal, db: Db, file: Path, importer: str, new_key: Callable[..., str]
) -> None:
    other = new_key()
    first, second = checked(portal, file, other), checked(portal, file, importer)
    doc = db["spool.files"].find_one({"key_id": importer.split("_")[1]})
    later = {**doc, "length": 1}
    db["spool.files"].update_one({"_id": doc["_id"]}, {"$set": {"kept_until": doc["kept_until"] - timedelta(hours=1)}})
    db["spool.files"].insert_many([{**later, "_id": str(number)} for number in range(199)])
    full = [checked(portal, file, importer)["id"] for _ in range(2)]
    kept = [portal.wait(each, importer)["kept_until"] is not None for each in (second["id"], *full)]
    # As if each of the two had all of the bytes that are kept: twice the limit of the worker.
    db["spool.files"].update_many({"key_id": doc["key_id"], "length": {"$gt": 1}}, {"$set": {"length": 4 << 30}})
    last = checked(portal, file, importer)

    assert kept == [False, True, True]
    assert db["spool.files"].count_documents({"key_id": doc["key_id"]}) <= kept_files.MOST_FILES
    assert portal.import_checked(last["id"], importer).status == 202
    assert portal.import_checked(full[0], importer).status == 410
    assert portal.wait(first["id"], other)["kept_until"] is not None
    eventually(lambda: is_idle(portal.settings))


def test_the_files_of_a_key_that_wait_have_a_limit_of_bytes(
    portal: Portal, db: Db, file: Path, importer: str, new_key: Callable[..., str]
) -> None:
    dry = checked(portal, file, importer)
    waiting = {"_id": "large", "key_id": importer.split("_")[1], "length": 4_000_000, "task": "t"}
    db["spool.files"].insert_one({**waiting, "uploadDate": datetime.now(UTC)})

    answers = [portal.upload(file, importer), portal.import_checked(dry["id"], importer)]

    assert [problem(answer) for answer in answers] == [
        (429, "Files with 4000000 bytes of this API key wait for their import; try again later.")
    ] * 2
    assert answers[0].headers["Retry-After"]
    assert portal.upload(file, new_key(), dry_run="true").status == 202
    db["spool.files"].delete_one({"_id": "large"})
    assert portal.ended(portal.import_checked(dry["id"], importer), importer)["state"] == "done"


def test_a_dry_run_that_is_delivered_again_leaves_the_file_to_its_import(
    portal: Portal, db: Db, file: Path, importer: str
) -> None:
    dry = checked(portal, file, importer)
    (doc,) = db["spool.files"].find()
    trial = {"files": [{"id": doc["_id"], "name": file.name}], "upload": dry["id"], "dry_run": True}
    app = queue.celery_app(portal.settings)

    def deliver() -> None:
        queue.send(app, "import", broker.IMPORTS, trial, dry["id"])
        eventually(lambda: is_idle(portal.settings))

    deliver()
    kept = db["spool.files"].find_one()
    # Without a broker, the import is not queued: as if the receiver had been killed before it queued it.
    alone = portal.settings.model_copy(update={"uploads": 1, "redis_broker_url": "redis://127.0.0.1:1/0"})
    headers = {"Authorization": f"Bearer {importer}"}
    accepted = create_app(alone).test_client().post(f"/api/v1/imports/{dry['id']}/import", headers=headers)
    deliver()
    claimed = db["spool.files"].find_one()
    db["spool.files"].update_one({}, {"$set": {"uploadDate": doc["uploadDate"].replace(year=2025)}})
    queue.send(app, "recover", broker.DERIVED, {})
    done = portal.wait(accepted.json["id"], importer)

    assert kept == doc
    assert (accepted.status_code, accepted.json["state"], claimed["task"]) == (202, "received", accepted.json["id"])
    assert (done["state"], done["result"][0]["outcome"]) == ("done", "stored")
    assert (db.imports.count_documents({}), waiting_files(db)) == (1, 0)
    assert portal.import_checked(dry["id"], importer).json == done


def test_in_quarantine_the_import_waits_for_an_operator(
    start_portal: Start, db: Db, file: Path, importer: str, operator: str
) -> None:
    careful = start_portal(HALOCLINE_UPLOAD_QUARANTINE="true")
    dry = checked(careful, file, importer)

    waiting = careful.ended(careful.import_checked(dry["id"], importer), importer)
    repeated = careful.import_checked(dry["id"], importer)
    stored = db.missions.count_documents({})
    careful.send("POST", f"/{waiting['id']}/approve", key=operator)
    done = careful.wait(waiting["id"], importer)

    assert (waiting["state"], repeated.json, stored) == ("waiting", waiting, 0)
    assert (done["state"], done["result"][0]["outcome"]) == ("done", "stored")
    assert (db.missions.count_documents({}), waiting_files(db)) == (1, 0)
    assert upload_tasks.found(done["id"]).actor.label == dry["by"]
