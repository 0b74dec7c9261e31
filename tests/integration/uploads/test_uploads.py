"""Uploads through the real server: they are imported as the command does it, and reported in the same words."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app import create_app
from app.store import audit
from app.tasks import broker, queue
from tests.integration.tasks.conftest import eventually, is_idle
from tests.integration.uploads.conftest import OWNER, Db, Portal, Start, waiting_files
from tests.made_files import csv_file, profile_file, rows, table, time_series


def test_a_file_is_imported_and_its_state_has_the_report_of_the_command(
    portal: Portal, db: Db, file: Path, importer: str
) -> None:
    answer = portal.upload(file, importer)
    status = portal.ended(answer, importer)

    assert answer.status == 202
    assert answer.headers["Location"] == f"/api/v1/imports/{answer.json['id']}"
    assert answer.json["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert answer.json["state"] in ("queued", "running", "done")
    assert (answer.json["bytes"], answer.json["result"]) == (file.stat().st_size, None) or status["result"]
    (result,) = status["result"]
    assert (result["outcome"], result["platform"], result["mission"]) == ("stored", "made", "20200913T1226")
    assert result["would"]["samples"] == 24
    assert result["profiles"] == result["would"]["profiles"]
    assert (status["state"], status["by"].startswith("key importer-0")) == ("done", True)
    (attempt,) = db.imports.find()
    assert (attempt["file_name"], attempt["outcome"], attempt["actor"]) == ("mission.nc", "stored", status["by"])
    assert next((entry.action, entry.target) for entry in audit.page(10)) == ("upload", status["id"])
    assert db.api_key_uses.find_one().items() >= {"_id": importer.split("_")[1], "uses": 1}.items()
    assert waiting_files(db) == 0


def test_a_refused_file_is_done_with_its_reason(portal: Portal, db: Db, tmp_path: Path, importer: str) -> None:
    header, *lines = table()
    file = csv_file(tmp_path / "no_identity.csv", [header, *lines])

    status = portal.ended(portal.upload(file, importer), importer)

    assert status["state"] == "done"
    assert [(each["outcome"], each["reason_code"]) for each in status["result"]] == [("refused", "no_mission")]
    assert waiting_files(db) == 0


def test_a_file_with_a_long_name_in_any_script_is_imported(portal: Portal, file: Path, importer: str) -> None:
    answer = portal.upload(file, importer, file_name=f"{'水' * 117}.nc", dry_run="true")

    status = portal.ended(answer, importer)

    assert (status["state"], [each["outcome"] for each in status["result"] or ()]) == ("done", ["stored"])


def test_the_options_of_the_command_are_those_of_the_query(
    portal: Portal, db: Db, tmp_path: Path, importer: str
) -> None:
    file = csv_file(tmp_path / "table.csv", table())

    answer = portal.upload(file, importer, platform="SEA001", mission="M1", mode="D")

    (result,) = portal.ended(answer, importer)["result"]
    assert [result[name] for name in ("outcome", "platform", "mission", "data_mode")] == ["stored", "sea001", "M1", "D"]


@pytest.mark.parametrize("make", [time_series, profile_file], ids=["mission", "profile"])
def test_a_dry_run_reports_what_an_import_would_do_and_stores_nothing(
    portal: Portal, db: Db, tmp_path: Path, importer: str, make: type
) -> None:
    file = make(tmp_path / "file.nc")
    first = portal.ended(portal.upload(file, importer, dry_run="true"), importer)
    counts = {name: db[name].count_documents({}) for name in ("missions", "profiles", "imports", "originals.files")}
    real = portal.ended(portal.upload(file, importer), importer)
    second = portal.ended(portal.upload(file, importer, dry_run="true"), importer)

    assert set(counts.values()) == {0}
    assert first["result"] == real["result"]
    assert [each["outcome"] for each in first["result"] + second["result"]] == ["stored", "unchanged"]
    assert waiting_files(db) == 0


def test_a_dry_run_compares_with_what_is_stored(portal: Portal, tmp_path: Path, importer: str) -> None:
    delayed = time_series(tmp_path / "delayed.nc", attributes={"data_mode": "D"})
    better = time_series(tmp_path / "better.nc", rows(6), attributes={"data_mode": "D"})
    worse = time_series(tmp_path / "worse.nc", rows(6), attributes={"data_mode": "R"})
    portal.ended(portal.upload(delayed, importer), importer)

    dry = [portal.ended(portal.upload(each, importer, dry_run="true"), importer) for each in (better, worse)]

    codes = [(each["result"][0]["outcome"], each["result"][0]["reason_code"]) for each in dry]
    assert codes == [("replaced", None), ("refused", "lower_mode")]


def test_a_platform_of_another_provider_is_refused(portal: Portal, db: Db, file: Path, new_key: type) -> None:
    stranger, owner = new_key(provider="Other"), new_key(provider=OWNER)

    refused = portal.ended(portal.upload(file, stranger), stranger)
    dry = portal.ended(portal.upload(file, stranger, dry_run="true"), stranger)
    stored = portal.ended(portal.upload(file, owner), owner)

    assert [each["result"][0]["reason_code"] for each in (refused, dry, stored)] == ["wrong_provider"] * 2 + [None]
    assert [each["provider"] for each in db.imports.find().sort("at", 1)] == ["Other", OWNER]


def test_a_replacement_needs_an_operators_key_and_is_audited(
    portal: Portal, tmp_path: Path, importer: str, operator: str
) -> None:
    portal.ended(portal.upload(time_series(tmp_path / "long.nc", rows(8)), importer), importer)
    short = time_series(tmp_path / "short.nc", rows(2))

    forbidden = portal.upload(short, importer, replace="reprocessed")
    status = portal.ended(portal.upload(short, operator, replace="reprocessed"), operator)

    assert forbidden.status == 403
    assert status["result"][0]["outcome"] == "replaced"
    replaced = next(entry for entry in audit.page(10) if entry.action == "replace")
    assert (replaced.actor.label, replaced.reason) == (status["by"], "reprocessed")


def test_the_same_content_is_received_once(portal: Portal, db: Db, file: Path, importer: str) -> None:
    first = portal.put(file, importer)
    status = portal.ended(first, importer)
    second = portal.put(file, importer)

    assert (second.status, second.json) == (202, status)
    assert second.headers["Location"] == first.headers["Location"]
    assert (db.imports.count_documents({}), db.uploads.count_documents({})) == (1, 1)
    assert portal.put(file, importer, dry_run="true").json["id"] != status["id"]


def test_two_uploads_of_one_content_at_once_have_one_effect(portal: Portal, db: Db, file: Path, importer: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: portal.put(file, importer), range(2)))
    portal.ended(answers[0], importer)

    assert {(answer.status, answer.json["id"]) for answer in answers} == {(202, answers[0].json["id"])}
    assert (db.imports.count_documents({}), db.uploads.count_documents({}), waiting_files(db)) == (1, 1, 0)


def test_a_content_with_another_hash_is_refused_and_not_stored(
    portal: Portal, db: Db, file: Path, importer: str
) -> None:
    answer = portal.send("PUT", f"/{'0' * 64}?file_name=a.nc", file.read_bytes(), importer)

    assert (answer.status, answer.json["code"]) == (422, "hash_mismatch")
    assert (db.uploads.count_documents({}), waiting_files(db)) == (0, 0)


def test_an_importer_reads_its_own_uploads_and_an_operator_all(
    portal: Portal, file: Path, importer: str, operator: str, new_key: type
) -> None:
    status = portal.ended(portal.upload(file, importer, dry_run="true"), importer)
    path = f"/{status['id']}"

    assert portal.send("GET", path, key=operator).json == status
    assert portal.send("GET", path, key=new_key()).status == 404
    assert portal.send("GET", path).status == 401
    assert portal.send("GET", path, key=importer).headers["Cache-Control"] == "no-store"


def test_an_upload_is_kept_while_the_broker_is_unreachable(
    start_portal: Start, db: Db, file: Path, importer: str
) -> None:
    from app.tasks import enqueue

    cut = start_portal(REDIS_BROKER_URL="redis://127.0.0.1:1/0")
    answer = cut.upload(file, importer)
    db["spool.files"].update_one({}, {"$set": {"uploadDate": db.uploads.find_one()["received_at"].replace(year=2025)}})
    queue.send(queue.celery_app(cut.settings), "recover", broker.DERIVED, {})

    assert (answer.status, answer.json["state"]) == (202, "received")
    assert cut.ended(answer, importer)["result"][0]["outcome"] == "stored"
    assert cut.process.metric_values()["halocline_uploads_not_queued_total",] == 1
    assert enqueue.LOST_AFTER.days == 0


def test_a_parked_task_is_a_failed_upload(portal: Portal, db: Db, tmp_path: Path, importer: str) -> None:
    answer = portal.upload(time_series(tmp_path / "defect.nc"), importer)

    status = portal.ended(answer, importer)

    assert (status["state"], status["reason"], status["result"]) == (
        "failed",
        "an unexpected error (ValueError)",
        None,
    )
    assert db.parked_tasks.find_one()["_id"] == status["id"]


@pytest.fixture(scope="module")
def _careful(start_portal: Start) -> Portal:
    return start_portal(HALOCLINE_UPLOAD_QUARANTINE="true")


@pytest.fixture
def careful(_careful: Portal, db: Db) -> Portal:
    """A portal where uploads of importers wait for an operator."""
    return _careful


def test_in_quarantine_a_file_is_imported_once_an_operator_approves_it(
    careful: Portal, db: Db, file: Path, importer: str, operator: str
) -> None:
    answer = careful.upload(file, importer)
    waiting = careful.ended(answer, importer)
    listed = careful.send("GET", "/waiting", key=operator).json["items"]
    stored = db.missions.count_documents({})
    path = f"/{waiting['id']}/approve"

    denied = careful.send("POST", path, key=importer)
    approved = [careful.send("POST", path, key=operator) for _ in range(2)]
    done = careful.ended(approved[0], importer)

    assert (waiting["state"], waiting["result"][0]["outcome"], stored) == ("waiting", "stored", 0)
    assert listed == [waiting]
    assert [denied.status, *[each.status for each in approved]] == [403, 202, 202]
    assert (done["state"], done["result"][0]["outcome"]) == ("done", "stored")
    assert done["decided_by"].startswith("key operator-1")
    assert [attempt["actor"] for attempt in db.imports.find()] == [waiting["by"]]
    assert careful.send("POST", f"/{waiting['id']}/reject?reason=no", key=operator).status == 409
    assert next(entry.action for entry in audit.page(10)) == "approve upload"


def test_in_quarantine_a_rejected_file_is_deleted(
    careful: Portal, db: Db, file: Path, importer: str, operator: str
) -> None:
    waiting = careful.ended(careful.upload(file, importer), importer)
    path = f"/{waiting['id']}/reject"

    rejected = [careful.send("POST", f"{path}?reason=not+ours", key=operator) for _ in range(2)]

    assert careful.send("POST", path, key=operator).status == 400
    assert [(each.status, each.json["state"], each.json["reason"]) for each in rejected] == [
        (200, "rejected", "not ours")
    ] * 2
    assert (waiting_files(db), db.missions.count_documents({})) == (0, 0)
    assert next((entry.action, entry.reason) for entry in audit.page(10)) == ("reject upload", "not ours")


def test_in_quarantine_an_upload_without_a_decision_expires(
    careful: Portal, db: Db, file: Path, importer: str, operator: str
) -> None:
    old, new = (careful.ended(careful.upload(file, importer), importer)["id"] for _ in range(2))
    # The new one was received long before it began to wait, because the queue was unreachable.
    for upload, age in ((old, timedelta(days=30, minutes=1)), (new, timedelta(days=29))):
        times = {"waiting_at": datetime.now(UTC) - age, "received_at": datetime.now(UTC) - timedelta(days=40)}
        db.uploads.update_one({"_id": upload, "waiting_at": {"$exists": True}}, {"$set": times})

    queue.send(queue.celery_app(careful.settings), "recover", broker.DERIVED, {})
    expired = eventually(lambda: (state := careful.wait(old, importer))["state"] == "rejected" and state)

    assert (expired["reason"], expired["decided_by"]) == ("expired", "task recover")
    assert [doc["_id"] for doc in db["spool.files"].find()] == [db.uploads.find_one({"_id": new})["spool_id"]]
    assert db["spool.chunks"].count_documents({}) == 1
    entry = next(iter(audit.page(10)))
    assert (entry.actor.label, entry.action, entry.target, entry.reason) == (
        "task recover", "reject upload", old, "expired",
    )  # fmt: skip
    late = careful.send("POST", f"/{old}/approve", key=operator)
    assert (late.status, late.json["detail"]) == (409, "The upload was rejected already.")
    assert careful.send("POST", f"/{new}/reject?reason=no", key=operator).status == 200


def test_a_dry_run_that_is_delivered_again_leaves_an_approved_upload_to_its_import(
    careful: Portal, db: Db, file: Path, importer: str, operator: str
) -> None:
    answer = careful.upload(file, importer)
    upload = careful.ended(answer, importer)["id"]
    # Without a broker, the import is not queued yet.
    alone = careful.settings.model_copy(update={"uploads": 1, "redis_broker_url": "redis://127.0.0.1:1/0"})
    client = create_app(alone).test_client()
    approved = client.post(f"/api/v1/imports/{upload}/approve", headers={"Authorization": f"Bearer {operator}"})
    real = db["spool.files"].find_one()
    trial = {**real["arguments"], "dry_run": True}
    app = queue.celery_app(careful.settings)

    queue.send(app, "import", broker.IMPORTS, trial, upload)
    eventually(lambda: is_idle(careful.settings))

    assert approved.json["state"] == "received"
    assert careful.send("GET", f"/{upload}", key=importer).json["state"] == "received"
    assert db["spool.files"].find_one() == real
    db["spool.files"].update_one({}, {"$set": {"uploadDate": real["uploadDate"].replace(year=2025)}})
    queue.send(app, "recover", broker.DERIVED, {})
    done = careful.ended(answer, importer)
    assert (done["state"], done["result"][0]["outcome"]) == ("done", "stored")
    assert (db.missions.count_documents({}), waiting_files(db)) == (1, 0)


def test_an_operator_of_a_provider_decides_about_uploads_of_this_provider(
    careful: Portal, tmp_path: Path, new_key: type
) -> None:
    operator = new_key("operator", provider=OWNER)
    file = time_series(tmp_path / "a.nc")
    uploads = [careful.ended(careful.upload(file, key), key) for key in (new_key(provider=OWNER), new_key())]
    own, other = [each["id"] for each in uploads]

    listed = careful.send("GET", "/waiting", key=operator)
    answers = [
        careful.send(method, path, key=operator).status
        for method, path in (
            ("GET", f"/{other}"),
            ("POST", f"/{other}/approve"),
            ("POST", f"/{other}/reject?reason=no"),
            ("POST", f"/{own}/reject?reason=no"),
        )
    ]

    assert [each["id"] for each in listed.json["items"]] == [own]
    assert listed.headers["Cache-Control"] == "no-store"
    assert answers == [404, 404, 404, 200]


def test_a_key_has_at_most_a_hundred_uploads_that_wait_for_an_operator(
    careful: Portal, db: Db, file: Path, importer: str, new_key: type
) -> None:
    first = careful.ended(careful.upload(file, importer), importer)
    doc = db.uploads.find_one()
    db.uploads.insert_many([{**doc, "_id": f"{number}"} for number in range(99)])

    refused = careful.upload(file, importer)
    others = [careful.upload(file, importer, dry_run="true"), careful.upload(file, new_key())]
    careful.send("POST", f"/{first['id']}/reject?reason=no", key=new_key("operator"))
    after = careful.upload(file, importer)

    assert (refused.status, "100 uploads with this API key wait" in refused.json["detail"]) == (429, True)
    assert refused.headers["Retry-After"]
    assert [each.status for each in [*others, after]] == [202] * 3
    eventually(lambda: is_idle(careful.settings))


def test_an_operators_upload_and_a_refused_one_do_not_wait(
    careful: Portal, tmp_path: Path, file: Path, importer: str, operator: str
) -> None:
    own = careful.ended(careful.upload(file, operator), operator)
    refused = careful.ended(careful.upload(csv_file(tmp_path / "no_identity.csv", table()), importer), importer)

    assert (own["state"], refused["state"]) == ("done", "done"), (own, refused)
    assert careful.send("POST", f"/{own['id']}/approve", key=operator).status == 409
    assert careful.send("GET", "/waiting", key=importer).status == 403
