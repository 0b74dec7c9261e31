"""`halocline withdraw`: a mission is hidden everywhere, answers 410, and comes back with the same numbers."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import extensions
from app.ingest.derive import rebuild
from app.store import missions
from tests.conftest import Seed
from tests.integration.operator.conftest import Run, differences
from tests.made_files import profile_file, rows, time_series

Done = Callable[..., str]
MISSION = "made/20200913T1226"
REASON = "calibration of the wrong sensor"
LISTS = ("/missions", "/tracks", "/platforms", "/search?q=made", "/basins", "/stats?by=platform", "/export?format=csv")
PAGES = ("/missions", "/map", "/fleet", "/stats", "/search?q=made", "/sitemap.xml")
OF_MISSION = ("", "/track", "/profiles", "/profiles/1", "/sections", "/sections/temperature", "/data", "/citation")


@pytest.fixture
def stored(tmp_path: Path, done: Done, seed: Seed) -> Path:
    """A file whose mission is stored, beside a mission of another platform."""
    path = time_series(tmp_path / "made.nc")
    other = time_series(tmp_path / "other.nc", rows(3), {"id": "other-20210101T0000"})
    seed("a mission to withdraw", lambda: done("ingest", path, other))
    return path


def texts(client: FlaskClient, paths: tuple[str, ...]) -> dict[str, str]:
    """Return the body of each page, without times of computation."""
    return {path: client.get(path, buffered=True).text for path in paths}


def numbers(api: Callable[[str], Any]) -> dict[str, Any]:
    """Return what the API reports of all missions."""
    paths = (f"/missions/{MISSION}", f"/missions/{MISSION}/track", f"/missions/{MISSION}/sections")
    return numbers_of_lists(api) | {path: api(path) for path in paths}


def numbers_of_lists(api: Callable[[str], Any]) -> dict[str, Any]:
    """Return the lists and sums of the API."""
    return {path: api(path) for path in (*LISTS[:-1], "/totals")}


def test_without_yes_the_plan_is_printed_and_nothing_changes(
    stored: Path, done: Done, audited: Callable[..., Any]
) -> None:
    output = done("withdraw", MISSION, "--reason", REASON)

    assert "4 profiles, 24 samples would be hidden everywhere" in output
    assert "Nothing was changed: --yes" in output
    assert extensions.mongo.db.missions.count_documents({}) == 2
    assert audited() == []


def test_a_withdrawn_mission_is_in_no_list_and_its_address_is_410_with_the_reason(
    stored: Path, done: Done, client: FlaskClient
) -> None:
    assert done("withdraw", MISSION, "--reason", REASON, "--yes") == f"withdrawn {MISSION}: {REASON}\n"

    shown = texts(client, (*PAGES, *(f"/api/v1{path}" for path in LISTS)))
    assert [path for path, text in shown.items() if "20200913T1226" in text] == []
    assert client.get("/api/v1/totals").json["fleet"]["missions"] == 1
    for path in OF_MISSION:
        answer = client.get(f"/api/v1/missions/{MISSION}{path}", buffered=True)
        assert (path, answer.status_code, answer.mimetype) == (path, 410, "application/problem+json")
        assert answer.json["detail"].endswith(f": {REASON}")
    netcdf = client.get(f"/api/v1/missions/{MISSION}/data?format=netcdf", buffered=True)
    page = client.get(f"/missions/{MISSION}")
    assert (netcdf.status_code, page.status_code) == (410, 410)
    assert REASON in page.text
    assert differences() == []


def test_the_withdrawal_is_an_update_in_page_feed_and_api(stored: Path, done: Done, client: FlaskClient) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")

    (update,) = client.get("/api/v1/updates?kind=withdrawal").json["items"]
    assert (update["id"], update["reason"]) == (f"withdrawal/{MISSION}", REASON)
    assert client.get("/api/v1/updates?platform=made").json["items"] == [update]
    text = f"Mission 20200913T1226 was withdrawn: {REASON}."
    assert [text in client.get(path).text for path in ("/updates", "/updates.rss", "/")] == [True, True, True]


def test_a_restored_mission_has_the_same_numbers(stored: Path, done: Done, api: Callable[..., Any]) -> None:
    before = numbers(api)

    done("withdraw", MISSION, "--reason", REASON, "--yes")
    during = numbers(api)
    assert done("withdraw", MISSION, "--restore") == f"restored  {MISSION}\n"

    assert numbers(api) == before != during
    assert differences() == []


def test_both_are_idempotent_and_audited(stored: Path, done: Done, audited: Callable[..., Any]) -> None:
    outputs = [
        done("withdraw", MISSION, "--reason", REASON, "--yes"),
        done("withdraw", MISSION, "--reason", "again", "--yes"),
        done("withdraw", MISSION, "--restore", "--reason", "it was right"),
        done("withdraw", MISSION, "--restore"),
    ]

    assert [output.split()[0] for output in outputs] == ["withdrawn", "unchanged", "restored", "unchanged"]
    assert audited() == [
        ("withdraw", MISSION, "done", REASON),
        ("withdraw", MISSION, "unchanged", "again"),
        ("restore", MISSION, "done", "it was right"),
        ("restore", MISSION, "unchanged", None),
    ]


def test_an_import_does_not_bring_a_withdrawn_mission_back(
    stored: Path, done: Done, halocline: Run, report: Callable[..., Any], tmp_path: Path, client: FlaskClient
) -> None:
    done("withdraw", MISSION, "--reason", f"{REASON}.", "--yes")
    newer = time_series(tmp_path / "newer.nc", rows(6), {"data_mode": "D"})
    renamed = time_series(tmp_path / "renamed.nc", attributes={"id": "made-20200913T122640"})
    profile = profile_file(tmp_path / "profile.nc", 9)

    for path in (stored, newer, renamed, profile):
        assert report(path) == ("refused", "withdrawn"), path

    assert client.get(f"/missions/{MISSION}").status_code == 410
    log = client.get("/api/v1/imports?outcome=refused").json["items"]
    assert {each["reason_code"] for each in log} == {"withdrawn"}
    event = f"the mission {MISSION} was withdrawn on {datetime.now(UTC):%-d %B %Y}: {REASON}"
    for text in [halocline("ingest", stored).output, *(each["reason"] for each in log)]:
        assert f"{event}; only the operator of the portal can restore it" in text
        assert "`" not in text
    done("withdraw", MISSION, "--restore")
    assert [report(stored), report(newer)] == [("unchanged", None), ("replaced", None)]


def test_the_documents_of_a_withdrawn_mission_outlive_a_sweep(stored: Path, done: Done, tmp_path: Path) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    version = extensions.mongo.db.withdrawals.find_one({"_id": MISSION})["version"]
    long_ago = extensions.mongo.db.imports.find_one()["at"].replace(year=2020)
    listed = {"platform": "made", "mission": "20200913T1226", "version": version, "at": long_ago}
    extensions.mongo.db.retired_versions.insert_one({"_id": f"{MISSION}/{version}", **listed})

    done("ingest", tmp_path / "other.nc")

    assert extensions.mongo.db.retired_versions.count_documents({}) == 0
    assert extensions.mongo.db.profiles.count_documents({"platform": "made"}) == 4


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("made/unknown", "--reason", "x", "--yes"), 1, "there is no mission made/unknown"),
        (("made/unknown", "--restore"), 1, "there is no mission made/unknown"),
        (("made", "--reason", "x"), 2, "PLATFORM/MISSION"),
        ((MISSION,), 2, "--reason is required"),
        ((MISSION, "--reason", " "), 2, "1 to 300 characters"),
    ],
)
def test_wrong_arguments_are_an_error(
    stored: Path, halocline: Run, arguments: tuple[str, ...], status: int, words: str
) -> None:
    result = halocline("withdraw", *arguments)

    assert result.exit_code == status
    assert words in result.output + str(result.exception)


def test_the_audit_log_is_printed_for_people_and_programs(stored: Path, done: Done) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")

    line = done("audit", "--target", MISSION)
    (entry,) = map(json.loads, done("audit", "--json").splitlines())

    assert f": withdraw {MISSION}, done; version " in line
    assert line.endswith(f"; reason: {REASON}\n")
    assert entry["actor"]["kind"] == "user"
    assert "@" in entry["actor"]["name"]
    assert list(entry) == ["at", "actor", "action", "target", "outcome", "reason", "detail"]
    assert done("audit", "--target", "other/20210101T0000") == ""


def test_a_withdrawal_that_is_killed_at_once_shows_nowhere(
    stored: Path, done: Done, halocline: Run, api: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    hidden = numbers_of_lists(api)
    done("withdraw", MISSION, "--restore")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "rebuild", killed)
        assert halocline("withdraw", MISSION, "--reason", REASON, "--yes").exit_code == 1

    assert numbers_of_lists(api) == hidden
    assert differences() == []
    assert done("withdraw", MISSION, "--reason", REASON, "--yes").startswith("unchanged")


def test_a_withdrawn_dataset_is_not_downloaded_again(stored: Path, done: Done) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    assert missions.ends([MISSION, "made.nc", "unknown/20200101T0000"]).keys() == {MISSION, "made.nc"}
