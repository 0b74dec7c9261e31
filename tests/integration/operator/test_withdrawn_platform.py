"""A platform whose missions are all withdrawn: its addresses answer 410 with the reasons, and it is in no list."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import extensions
from tests.conftest import Seed
from tests.integration.operator.conftest import differences
from tests.made_files import rows, time_series

Done = Callable[..., str]
MISSION = "made/20200913T1226"
SECOND = "made/20220808T2306"
REASON = "calibration of the wrong sensor"
# By id and by label, which links of pages contain.
ADDRESSES = tuple(
    f"{root}/{name}{rest}"
    for name in ("made", "MADE1")
    for root, rest in (("/fleet", ""), ("/api/v1/platforms", ""), ("/api/v1/platforms", "/positions"))
)
# What keeps the name of a withdrawn mission: its update, and the log of imports.
WITH_TRACE = {"/", "/updates", "/updates.rss", "/api/v1/updates", "/api/v1/imports"}


@pytest.fixture
def stored(tmp_path: Path, done: Done, seed: Seed) -> Path:
    """The only mission of a platform, and the mission of another one."""
    path = time_series(tmp_path / "nrt_made_M17.nc")
    other = time_series(tmp_path / "other.nc", rows(3), {"id": "other-20210101T0000"})
    seed("the only mission of a platform", lambda: done("ingest", path, other))
    return path


def statuses(client: FlaskClient, paths: tuple[str, ...] = ADDRESSES) -> dict[str, int]:
    return {path: client.get(path, buffered=True).status_code for path in paths}


def test_a_platform_without_public_missions_is_410_with_the_reason(
    stored: Path, done: Done, client: FlaskClient
) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")

    assert statuses(client) == dict.fromkeys(ADDRESSES, 410)
    problem = client.get("/api/v1/platforms/made").json
    assert problem["detail"].startswith("The only mission of MADE1, M17 20200913T1226, was withdrawn on ")
    assert problem["detail"].endswith(f": {REASON}")
    (withdrawn,) = problem["withdrawn"]
    assert (withdrawn["platform"], withdrawn["mission"], withdrawn["reason"]) == (*MISSION.split("/"), REASON)
    assert withdrawn["operator_number"] == "M17"
    assert withdrawn["links"] == {"self": f"/api/v1/missions/{MISSION}", "html": f"/missions/{MISSION}"}
    assert statuses(client, tuple(withdrawn["links"].values())) == dict.fromkeys(withdrawn["links"].values(), 410)
    page = client.get("/fleet/MADE1").text
    assert "This platform was withdrawn" in page
    assert f'href="/missions/{MISSION}">MADE1 M17 20200913T1226</a>' in page
    assert page.count(REASON) == 2
    assert [each["platform"] for each in client.get("/api/v1/platforms").json["items"]] == ["other"]
    assert client.get("/fleet/never").status_code == client.get("/api/v1/platforms/never").status_code == 404


def test_a_restored_platform_is_shown_again(stored: Path, done: Done, client: FlaskClient) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    done("withdraw", MISSION, "--restore")
    assert statuses(client) == dict.fromkeys(ADDRESSES, 200)


def test_a_tombstone_of_an_earlier_release_has_no_label(stored: Path, done: Done, client: FlaskClient) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    newer = dict.fromkeys(("serial", "serial_key", "name", "learned", "number"), "")
    extensions.mongo.db.withdrawals.update_one({"_id": MISSION}, {"$unset": newer})
    assert statuses(client, ("/fleet/made", "/fleet/MADE1")) == {"/fleet/made": 410, "/fleet/MADE1": 404}


def test_of_two_missions_both_must_be_withdrawn(stored: Path, done: Done, tmp_path: Path, client: FlaskClient) -> None:
    done("ingest", time_series(tmp_path / "second.nc", rows(start_s=1.66e9), {"id": SECOND.replace("/", "-")}))

    done("withdraw", SECOND, "--reason", "a test", "--yes")
    assert statuses(client) == dict.fromkeys(ADDRESSES, 200)
    of_second = client.get(f"/missions/{SECOND}").text
    assert "Mission MADE1 20220808T2306 was withdrawn on" in of_second
    assert '<a href="/fleet/MADE1">MADE1</a>' in of_second
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    assert "/fleet/MADE1" not in client.get(f"/missions/{SECOND}").text

    problem = client.get("/api/v1/platforms/made").json
    text = "All 2 missions of MADE1 were withdrawn; the last one, M17 20200913T1226, was withdrawn on "
    assert problem["detail"].startswith(text)
    assert [each["reason"] for each in problem["withdrawn"]] == [REASON, "a test"]
    done("withdraw", SECOND, "--restore")
    assert statuses(client) == dict.fromkeys(ADDRESSES, 200)


@pytest.mark.parametrize("is_renamed_first", [True, False])
def test_the_former_addresses_of_a_renamed_platform_lead_to_the_reason(
    stored: Path, done: Done, client: FlaskClient, is_renamed_first: bool
) -> None:
    commands = [
        ("rename", "made", "sea9", "--yes"),
        ("withdraw", "sea9/20200913T1226" if is_renamed_first else MISSION, "--reason", REASON, "--yes"),
    ]
    for command in commands if is_renamed_first else reversed(commands):
        done(*command)

    for path in ("/fleet/made", "/fleet/MADE1", "/api/v1/platforms/made"):
        assert client.get(path).headers["Location"] == path.replace("made", "sea9").replace("MADE1", "sea9")
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 410
        assert REASON in answer.text
    assert differences() == []


def test_every_address_of_a_withdrawn_mission_is_410(stored: Path, done: Done, app: Flask, client: FlaskClient) -> None:
    done("withdraw", MISSION, "--reason", REASON, "--yes")
    paths = of_mission(app, "made")
    assert len(paths) > 10
    assert statuses(client, paths) == dict.fromkeys(paths, 410)


def test_every_former_address_of_a_mission_redirects(stored: Path, done: Done, app: Flask, client: FlaskClient) -> None:
    done("rename", "made", "sea9", "--yes")
    answers = {path: client.get(path, buffered=True) for path in of_mission(app, "made")}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(answers, 301)
    assert {path: answer.headers["Location"] for path, answer in answers.items()} == {
        path: path.replace("/made/", "/sea9/") for path in answers
    }


def test_no_other_page_shows_a_withdrawn_mission(stored: Path, done: Done, app: Flask, client: FlaskClient) -> None:
    (basin,) = client.get(f"/api/v1/missions/{MISSION}").json["basins"]
    done("withdraw", MISSION, "--reason", REASON, "--yes")

    paths = {str(rule) for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments}
    paths |= {f"/basins/{basin['id']}", f"/api/v1/basins/{basin['id']}", "/sitemap-2020.xml", "/fleet/other"}
    paths |= {f"{path}?simulated=include" for path in ("/", "/fleet", "/map", "/status")}
    paths |= {"/search?q=made", "/api/v1/search?q=made", "/map?embed=1", "/api/v1/stats?by=basin&format=csv"}
    texts = {path: client.get(path, buffered=True).text for path in sorted(paths)}

    shown = {path.partition("?")[0] for path, text in texts.items() if "20200913T1226" in text}
    assert shown <= WITH_TRACE
    assert {"/updates", "/api/v1/imports"} <= shown
    of_basin = client.get(f"/api/v1/basins/{basin['id']}").json["properties"]
    assert of_basin["totals"]["missions"] == 1


def of_mission(app: Flask, platform: str) -> tuple[str, ...]:
    """Every address of the mission for GET, with some variable and profile."""
    values: dict[str, Any] = {"variable": "temperature", "number": "1"}
    of_all = [rule for rule in app.url_map.iter_rules() if {"platform", "mission"} <= rule.arguments]
    values |= {"platform": platform, "mission": "20200913T1226"}
    built = [rule.build(values, append_unknown=False) for rule in of_all]
    return tuple(sorted({path for each in built if each is not None for _, path in [each]}))
