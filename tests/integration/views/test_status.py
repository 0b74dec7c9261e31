"""The status page and the import log: silent platforms, failed imports and their causes, no private details."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app import extensions
from app.commands import verify as command
from app.domain.task_queue import QueueState
from app.ingest import context, importer
from app.queries import clock
from app.queries.imports import public_text
from app.store import queue_state
from app.views import status
from tests import made_files
from tests.integration.views.conftest import HOSTILE, SUMMER, value

Page = Callable[[str], str]
ImportMission = Callable[..., None]
ENDED = datetime.fromtimestamp(SUMMER, UTC) + timedelta(minutes=23)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def refuse(tools: context.ImportContext, tmp_path: Path, db: Database[dict[str, Any]]) -> Callable[[str], None]:
    """A function that imports a file without data; the import refuses it."""

    def run(name: str) -> None:
        path = tmp_path / name
        path.write_text("<html>not found</html>", encoding="utf-8")
        (report,) = importer.real([path], tools)
        assert report.outcome == "refused"

    return run


@pytest.fixture
def attempts(db: Database[dict[str, Any]]) -> None:
    """Forty import attempts, one an hour, every fourth refused."""
    outcomes = ("stored", "replaced", "unchanged", "refused")
    db.imports.insert_many(
        [
            {
                "_id": f"a{n:02d}",
                "at": NOON - timedelta(hours=n),
                "file_name": f"{n}.nc",
                "sha256": None,
                "outcome": outcomes[n % 4],
                "reason_code": "no_time" if n % 4 == 3 else None,
                "reason": f"{n}.nc: no usable time" if n % 4 == 3 else None,
                "platform": None,
                "mission": None,
                "data_mode": None,
                "warnings": [],
                "simulated": False,
            }
            for n in range(40)
        ]
    )


def test_an_empty_store_has_a_status(page: Page, client: FlaskClient) -> None:
    html = page("/status")
    assert "No file has been imported yet." in html
    assert "No file has been refused." in html
    assert 'data-empty="store"' in html
    report = client.get("/api/v1/status").json
    assert report["imports"] == {"stored": 0, "replaced": 0, "unchanged": 0, "refused": 0}
    assert (report["last_import_at"], report["pending"], report["pending_since"]) == (None, 0, None)


def test_platforms_are_listed_in_both_orders(page: Page, import_mission: ImportMission) -> None:
    import_mission("sea001")
    import_mission("sea002", "20200913T1226", rows=made_files.rows())
    newest_first, oldest_first = page("/status"), page("/status?order=oldest")
    assert newest_first.index('data-platform="sea001"') < newest_first.index('data-platform="sea002"')
    assert oldest_first.index('data-platform="sea002"') < oldest_first.index('data-platform="sea001"')
    assert "after 12 times" in newest_first


@pytest.mark.parametrize(
    ("silence", "word"),
    [
        (timedelta(hours=24), "operational"),
        (timedelta(hours=24, seconds=1), "inactive"),
        (timedelta(days=365), "inactive"),
        (timedelta(days=365, seconds=1), "closed"),
    ],
)
def test_a_platform_has_one_status_everywhere(
    page: Page,
    client: FlaskClient,
    import_mission: ImportMission,
    monkeypatch: pytest.MonkeyPatch,
    silence: timedelta,
    word: str,
) -> None:
    import_mission()
    monkeypatch.setattr(clock, "now", lambda: ENDED + silence)
    pages = [page(path) for path in ("/status", "/fleet", "/fleet/sea001")]
    assert [html.split('data-status="')[1].split('"')[0] for html in pages] == [word] * 3
    assert all(f'data-status="{word}">{word.capitalize()}</span>' in html for html in pages)
    assert all("closed</em> after more than 365 days" in html for html in pages)
    assert client.get("/api/v1/platforms/sea001").json["status"] == word
    assert client.get("/api/v1/platforms").json["items"][0]["status"] == word


def test_failures_are_shown_with_their_causes(page: Page, client: FlaskClient, refuse: Callable[[str], None]) -> None:
    refuse("report.nc")
    html = page("/status")
    assert "<code>html_page</code>" in html
    assert "report.nc" in html
    assert value(html, 'data-imports="refused"') == "1"
    (item,) = client.get("/api/v1/imports").json["items"]
    assert (item["outcome"], item["reason_code"], item["file_name"]) == ("refused", "html_page", "report.nc")
    assert item["reason"].startswith("report.nc: ")


def test_hostile_file_names_are_escaped(page: Page, refuse: Callable[[str], None]) -> None:
    refuse("\"'><script>alert(1)<!-- {{ 7*7 }}\u202e\x01.nc")
    html = page("/status")
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def test_hostile_texts_of_the_log_are_escaped(page: Page, db: Database[dict[str, Any]], attempts: None) -> None:
    db.imports.update_many({}, {"$set": dict.fromkeys(("file_name", "reason", "platform", "mission"), HOSTILE)})
    assert "<script>alert" not in page("/status")


def test_outcomes_of_the_last_week_are_counted(
    page: Page, client: FlaskClient, db: Database[dict[str, Any]], attempts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.imports.update_one({"_id": "a03"}, {"$set": {"at": NOON - timedelta(days=8)}})
    monkeypatch.setattr(clock, "now", lambda: NOON)
    html = page("/status")
    shown = {name: int(value(html, f'data-imports="{name}"')) for name in ("stored", "refused")}
    assert shown == {"stored": 10, "refused": 9}
    assert client.get("/api/v1/status").json["imports"]["refused"] == 9


def test_failures_are_paged_by_key(page: Page, attempts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "_FAILURES_A_PAGE", 6)
    first = page("/status")
    second = page(first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&"))
    shown = [part.split('"')[0] for part in (first + second).split('data-import="')[1:]]
    assert shown == [f"a{n:02d}" for n in range(3, 40, 4)]
    assert 'rel="next"' not in second


def test_the_log_is_paged_by_key_while_attempts_are_added(
    client: FlaskClient, db: Database[dict[str, Any]], attempts: None
) -> None:
    first = client.get("/api/v1/imports?limit=30").json
    late = db.imports.find_one({"_id": "a00"}) or {}
    db.imports.insert_one({**late, "_id": "new", "at": NOON + timedelta(hours=1)})
    second = client.get(f"/api/v1/imports?limit=30&cursor={first['next']}").json
    assert [item["id"] for item in first["items"] + second["items"]] == [f"a{n:02d}" for n in range(40)]
    assert second["next"] is None


@pytest.mark.parametrize("outcome", ["stored", "replaced", "unchanged", "refused"])
def test_the_log_is_filtered_by_outcome(client: FlaskClient, attempts: None, outcome: str) -> None:
    items = client.get(f"/api/v1/imports?outcome={outcome}").json["items"]
    assert {item["outcome"] for item in items} == {outcome}
    assert len(items) == 10


def test_simulated_attempts_are_listed_only_on_request(
    client: FlaskClient, page: Page, db: Database[dict[str, Any]], attempts: None
) -> None:
    db.imports.update_one({"_id": "a03"}, {"$set": {"simulated": True}})
    assert len(client.get("/api/v1/imports").json["items"]) == 39
    assert len(client.get("/api/v1/imports?simulated=include").json["items"]) == 40
    assert 'data-import="a03"' not in page("/status")
    assert 'data-import="a03"' in page("/status?simulated=include")


def test_pending_rebuilds_are_reported(page: Page, client: FlaskClient, db: Database[dict[str, Any]]) -> None:
    db.derived_pending.insert_many([{"_id": "totals", "number": 1, "at": NOON}, {"_id": "mission:a/b", "number": 1}])
    assert value(page("/status"), 'data-pending="scopes"') == "2"
    assert "; the process that changed the data runs them, or the next import." in " ".join(page("/status").split())
    queue_state.publish(QueueState(clock.now(), ()))
    assert "; the process that changed the data runs them, or the queue." in " ".join(page("/status").split())
    assert 'since <time datetime="2026-01-01T12:00:00Z"' in page("/status")
    report = client.get("/api/v1/status").json
    assert (report["pending"], report["pending_since"]) == (2, "2026-01-01T12:00:00.000Z")


def test_the_version_is_reported(page: Page, client: FlaskClient) -> None:
    report = client.get("/api/v1/status").json
    assert f"Halocline {report['version']}, revision <code>{report['revision']}</code>" in page("/status")


@pytest.mark.parametrize(
    ("query", "field"),
    [("order=age", "order"), ("after=x", "after"), ("after=%00", "after"), ("simulated=1", "simulated")],
)
def test_an_invalid_parameter_is_a_400_page_that_names_it(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/status?{query}")
    assert answer.status_code == 400
    assert f'error-detail">{field}: ' in answer.text


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("a.nc: no usable time", "a.nc: no usable time"),
        ("a.nc: cannot read '/srv/data/in/a.nc'", "a.nc: cannot read '…/a.nc'"),
        ("cannot read /srv/data/in/: gone", "cannot read …: gone"),
        ("~/in/a.nc and ../b.nc", "…/a.nc and …/b.nc"),
        (r"C:\data\in\a.nc is gone", "…/a.nc is gone"),
        ("https://me:secret@erddap.example:8443/tabledap/x.csv?time&key=k", "…/x.csv"),
        ("https://me:secret@erddap.example", "…"),
        ("no answer from mongo-0.mongo.ocean.svc:27017 at 12:30", "no answer from … at 12:30"),
        ("connect 10.0.0.3 failed; localhost:6379 too", "connect … failed; … too"),
        ("speeds in m/s, variable N/A, sea001/20200913T1226", "speeds in m/s, variable N/A, sea001/20200913T1226"),
        ("depth: 12.5 is not < 3; version 1.2.3", "depth: 12.5 is not < 3; version 1.2.3"),
    ],
)
def test_paths_addresses_and_servers_are_removed_from_reasons(reason: str, shown: str) -> None:
    assert public_text(reason) == shown


def test_the_log_is_read_with_its_index(db: Database[dict[str, Any]], attempts: None) -> None:
    cursor = db.imports.find({"simulated": False, "outcome": "refused"}).sort([("at", -1), ("_id", 1)]).limit(5)
    assert cursor.explain()["executionStats"]["totalDocsExamined"] == 5


def test_the_result_of_the_last_verification_is_reported(
    page: Page, client: FlaskClient, import_mission: ImportMission
) -> None:
    import_mission("sea001")
    assert 'data-verification="none"' in page("/status")
    assert client.get("/api/v1/status").json["verification"] is None
    settings = extensions.mongo._bound()
    assert command.verify(settings, None, sections=False, repair=False, pace=1.0, as_json=True) == 0
    extensions.mongo.bind(settings)
    extensions.redis.bind(settings)
    assert 'data-verification="0"' in page("/status")
    assert "1 mission, no difference" in page("/status")
    report = client.get("/api/v1/status").json["verification"]
    assert (report["missions"], report["differences"], report["skipped"]) == (1, 0, 0)


def test_the_log_names_the_variables_that_are_not_imported_with_the_reason(
    page: Page, client: FlaskClient, tools: context.ImportContext, tmp_path: Path, db: Database[dict[str, Any]]
) -> None:
    path = made_files.time_series(tmp_path / "a.nc", {**made_files.rows(), "empty": np.full(24, np.nan)})
    with netCDF4.Dataset(path, "a") as file:
        file.createDimension("bin", 3)
        file.createVariable("calibration", "f8", ("bin",))[:] = 1
    list(importer.real([path], tools))

    (item,) = client.get("/api/v1/imports").json["items"]
    html = page("/status")

    assert [group["variables"] for group in item["not_imported"]] == [["empty"], ["calibration"]]
    assert "calibration: it has the dimensions (bin), not that of the samples, time" in html


def test_files_with_the_same_variables_that_are_not_imported_are_one_row(
    page: Page, db: Database[dict[str, Any]], attempts: None
) -> None:
    several = [{"reason": "no unit", "variables": ["one", "two", "three", "four"]}]
    db.imports.update_many({"_id": {"$in": ["a00", "a01", "a02"]}}, {"$set": {"not_imported": several}})
    db.imports.update_one({"_id": "a05"}, {"$set": {"not_imported": [{"reason": "empty", "variables": ["one"]}]}})
    rows = page("/status").split('data-incomplete="')[1:]

    assert [row.split('"')[0] for row in rows] == ["3", "1"]
    assert "<summary>4 variables: no unit</summary>one, two, three, four" in rows[0]
    assert "0.<wbr>nc" in rows[0]
    assert "<summary>and 2 more files</summary>" in rows[0]
    assert "one: empty" in rows[1]


def test_file_names_break_behind_separators_only(page: Page, db: Database[dict[str, Any]], attempts: None) -> None:
    db.imports.update_one({"_id": "a03"}, {"$set": {"file_name": "nrt_SEA077-M17.nc"}})
    assert "nrt_<wbr>SEA077-<wbr>M17.<wbr>nc</th>" in page("/status")


def test_a_log_of_an_earlier_release_names_no_variables(client: FlaskClient, attempts: None) -> None:
    assert {tuple(item["not_imported"]) for item in client.get("/api/v1/imports").json["items"]} == {()}
    assert "Variables that are not imported" not in client.get("/status").text
