"""`halocline rename`: the missions of a platform under another id, exact totals, and old addresses that redirect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import extensions
from app.http.conditional import SHARED
from app.store import version_copies
from tests.conftest import Seed
from tests.integration.operator.conftest import Run, differences
from tests.made_files import profile_file, rows, time_series

Done = Callable[..., str]
OF_MISSION = ("", "/track", "/profiles?limit=1", "/sections", "/data", "/data?format=netcdf", "/citation")


@pytest.fixture
def stored(tmp_path: Path, done: Done, seed: Seed) -> list[Path]:
    """Files of three missions of `made`, one of single profiles and one withdrawn; and one of another platform."""
    files = [
        time_series(tmp_path / "a.nc", attributes={"data_mode": "D"}),
        profile_file(tmp_path / "b.nc", 2, {"id": "made-20210913T1226"}, start_s=1.63e9),
        time_series(tmp_path / "c.nc", rows(start_s=1.66e9), {"id": "made-20220808T2306"}),
        time_series(tmp_path / "d.nc", rows(3), {"id": "other-20210101T0000"}),
    ]
    seed("a platform to rename", lambda: done("ingest", *files))
    seed("its withdrawn mission", lambda: done("withdraw", "made/20220808T2306", "--reason", "a test", "--yes"))
    return files


def test_without_yes_the_plan_is_printed_and_nothing_changes(stored: list[Path], done: Done) -> None:
    output = done("rename", "MADE", "Sea9")

    assert output.startswith("made would become sea9, with 2 missions and 1 withdrawn ones.\n")
    assert extensions.mongo.db.platforms.distinct("_id") == ["made", "other"]


def test_a_renamed_platform_has_its_missions_and_the_totals_stay(
    stored: list[Path], done: Done, api: Callable[[str], Any], client: FlaskClient
) -> None:
    totals, delayed = api("/totals"), api("/updates?kind=delayed")["items"][0]

    assert done("rename", "made", "sea9", "--reason", "typing error", "--yes") == "renamed   made is sea9\n"

    assert api("/totals") == totals
    assert [each["platform"] for each in api("/platforms")["items"]] == ["other", "sea9"]
    assert [each["platform"] for each in api("/missions?platform=sea9")["items"]] == ["sea9", "sea9"]
    assert api("/missions?platform=made") == api("/missions?platform=sea9")
    assert api("/updates?kind=delayed")["items"][0]["published_at"] == delayed["published_at"]
    assert client.get("/missions/sea9/20220808T2306").status_code == 410
    assert "/missions/sea9/20200913T1226" in str(api("/search?q=sea9"))
    assert differences() == []


def test_old_addresses_redirect(stored: list[Path], done: Done, client: FlaskClient) -> None:
    done("rename", "made", "sea9", "--yes")

    answers = {
        path: client.get(path, buffered=True)
        for path in (
            *(f"/api/v1/missions/made/20200913T1226{path}" for path in OF_MISSION),
            "/api/v1/platforms/MADE",
            "/missions/made/20200913T1226?after=x",
            "/fleet/made",
        )
    }

    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 301)
    assert {path: answer.headers["Location"] for path, answer in answers.items()} == {
        path: path.replace("MADE", "made").replace("/made", "/sea9") for path in answers
    }
    assert {answer.headers["Cache-Control"] for answer in answers.values()} == {SHARED}
    assert client.get("/fleet/made", follow_redirects=True).status_code == 200
    assert client.get("/missions/made/unknown", follow_redirects=True).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/missions?platform={}&year=2020",
        "/map?sort=oldest&platform={}",
        "/updates?platform={}",
        "/updates.rss?platform={}",
    ],
)
def test_a_page_of_the_old_id_redirects_to_the_new_one(
    stored: list[Path], done: Done, client: FlaskClient, path: str
) -> None:
    done("rename", "made", "sea9", "--yes")
    answer = client.get(path.format("MADE"), buffered=True)
    assert (answer.status_code, answer.headers["Location"]) == (301, path.format("sea9"))
    assert client.get(path.format("sea9"), buffered=True).status_code == 200


@pytest.mark.parametrize("path", ["/missions", "/tracks", "/updates", "/observations", "/export"])
def test_a_filter_of_the_api_by_the_old_id_is_one_by_the_new_id(
    stored: list[Path], done: Done, client: FlaskClient, path: str
) -> None:
    done("rename", "made", "sea9", "--yes")
    former, present = (client.get(f"/api/v1{path}?platform={name}", buffered=True) for name in ("made", "sea9"))
    assert (former.status_code, former.data) == (200, present.data)


def test_imports_under_the_old_id_go_to_the_new_one(
    stored: list[Path], tmp_path: Path, done: Done, report: Callable[..., Any]
) -> None:
    done("rename", "made", "sea9", "--yes")
    longer = time_series(tmp_path / "longer.nc", rows(6), {"data_mode": "D"})
    another = profile_file(tmp_path / "p.nc", 3, {"id": "made-20210913T1226"}, start_s=1.63e9)

    assert [report(path) for path in stored] == [
        ("unchanged", None), ("unchanged", None), ("refused", "withdrawn"), ("unchanged", None),
    ]  # fmt: skip
    assert [report(longer), report(another)] == [("replaced", None), ("stored", None)]

    assert extensions.mongo.db.missions.distinct("platform") == ["other", "sea9"]
    assert differences() == []


def test_it_is_idempotent_audited_and_can_be_undone(
    stored: list[Path], done: Done, api: Callable[[str], Any], audited: Callable[..., Any], client: FlaskClient
) -> None:
    before = api("/totals")
    outputs = [done("rename", *names, "--yes") for names in (("made", "sea9"), ("made", "sea9"), ("sea9", "made"))]

    assert [output.split()[0] for output in outputs] == ["renamed", "unchanged", "renamed"]
    assert [entry[:3] for entry in audited()[1:]] == [
        ("rename", "made", "done"), ("rename", "made", "unchanged"), ("rename", "sea9", "done"),
    ]  # fmt: skip
    assert api("/totals") == before
    assert client.get("/fleet/sea9").headers["Location"] == "/fleet/made"
    assert client.get("/missions/made/20200913T1226").status_code == 200
    assert differences() == []


def test_a_rename_that_was_interrupted_is_continued(
    stored: list[Path], done: Done, halocline: Run, monkeypatch: pytest.MonkeyPatch, client: FlaskClient
) -> None:
    copy, calls = version_copies.copy, iter([True, True, False])

    def interrupted(*arguments: str) -> None:
        copy(*arguments)
        if not next(calls):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(version_copies, "copy", interrupted)
        assert halocline("rename", "made", "sea9", "--yes").exit_code == 1

    addresses = [f"/missions/made/{mission}" for mission in ("20200913T1226", "20210913T1226")]
    assert [client.get(path, follow_redirects=True).status_code for path in addresses] == [200, 200]
    assert done("rename", "made", "sea9", "--yes").startswith("renamed")
    assert differences() == []


def test_a_withdrawn_mission_stays_withdrawn_after_an_interruption(
    stored: list[Path],
    done: Done,
    halocline: Run,
    monkeypatch: pytest.MonkeyPatch,
    client: FlaskClient,
    report: Callable[..., Any],
) -> None:
    def interrupted(*_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(version_copies, "copy", interrupted)
        assert halocline("rename", "made", "sea9", "--yes").exit_code == 1

    # The file is of the former id, whose withdrawn mission has not moved.
    assert report(stored[2]) == ("refused", "withdrawn")
    assert client.get("/missions/sea9/20220808T2306").status_code == 404
    another = halocline("rename", "made", "sea10", "--yes")
    assert "finish `halocline rename made sea9` first" in str(another.exception)
    assert done("rename", "made", "sea9", "--yes").startswith("renamed")
    assert client.get("/missions/sea9/20220808T2306").status_code == 410
    assert differences() == []


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("made", "other"), "there is a platform other already"),
        (("unknown", "sea9"), "there is no platform unknown"),
        (("made", "a/b"), "use letters, digits"),
        (("made", "MADE"), "is the present id"),
    ],
)
def test_wrong_names_are_an_error(stored: list[Path], halocline: Run, names: tuple[str, str], words: str) -> None:
    result = halocline("rename", *names, "--yes")

    assert result.exit_code == 1
    assert words in str(result.exception)
    assert extensions.mongo.db.missions.count_documents({"platform": "made"}) == 2
