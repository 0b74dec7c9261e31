"""A restored mission is an update with its own id, in the page, the feed and the API; old updates keep their times."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import Seed
from tests.integration.operator.conftest import differences
from tests.made_files import rows, time_series

Done = Callable[..., str]
MISSION = "made/20200913T1226"


@pytest.fixture
def stored(tmp_path: Path, done: Done, seed: Seed) -> Path:
    """A mission whose file has the operator's number in its name."""
    path = time_series(tmp_path / "nrt_made_M17.nc", attributes={"data_mode": "D"})
    seed("a mission to restore", lambda: done("ingest", path))
    return path


def items(client: FlaskClient, **query: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = client.get("/api/v1/updates", query_string=query).json["items"]
    return answer


def titles(client: FlaskClient) -> dict[str, str]:
    """The titles of the feed, by id."""
    feed = client.get("/updates.rss").text
    found = re.findall(r"<title>([^<]+)</title>\s*<link>[^<]+</link>\s*<guid[^>]*>halocline:([^<]+)</guid>", feed)
    return {guid: title for title, guid in found}


def test_the_restoration_is_an_update_in_page_feed_and_api(stored: Path, done: Done, client: FlaskClient) -> None:
    done("withdraw", MISSION, "--reason", "a test", "--yes")
    done("withdraw", MISSION, "--restore", "--reason", "the positions were right")

    assert items(client, kind="withdrawal") == []
    (update,) = items(client, kind="restoration")
    assert (update["id"], update["reason"]) == (f"restoration/{MISSION}", "the positions were right")
    assert {each["kind"] for each in items(client)} >= {"deployment", "end", "delayed", "restoration"}
    text = "Mission M17 20200913T1226, which had been withdrawn, is public again: the positions were right."
    assert [text in client.get(path).text for path in ("/updates", "/updates.rss", "/")] == [True, True, True]
    assert differences() == []


def test_each_withdrawal_and_each_restoration_has_an_id_of_its_own(
    stored: Path, done: Done, client: FlaskClient
) -> None:
    ids: list[str] = []
    for command in (("--reason", "a test", "--yes"), ("--restore",)) * 2:
        done("withdraw", MISSION, *command)
        ids += [each["id"] for each in items(client) if each["kind"] in ("withdrawal", "restoration")]

    assert ids == [
        f"withdrawal/{MISSION}",
        f"restoration/{MISSION}",
        f"withdrawal/{MISSION}/2",
        f"restoration/{MISSION}/2",
    ]


def test_titles_in_the_feed_name_the_mission_as_its_page_does(stored: Path, done: Done, client: FlaskClient) -> None:
    assert titles(client)[f"deployment/{MISSION}"] == "Deployment: MADE1 M17 20200913T1226"
    done("withdraw", MISSION, "--reason", "a test", "--yes")
    assert titles(client) == {f"withdrawal/{MISSION}": "Withdrawal: MADE1 M17 20200913T1226"}
    assert ">MADE1 M17</a>" in client.get("/updates").text.replace("\n", "")
    done("withdraw", MISSION, "--restore")
    assert titles(client)[f"restoration/{MISSION}"] == "Restoration: MADE1 M17 20200913T1226"


def test_a_restored_mission_keeps_the_time_of_its_first_delayed_data(
    stored: Path, done: Done, client: FlaskClient, tmp_path: Path
) -> None:
    longer = time_series(tmp_path / "longer.nc", rows(6), {"data_mode": "D"})
    done("ingest", longer)
    (delayed,) = items(client, kind="delayed")

    done("withdraw", MISSION, "--reason", "a test", "--yes")
    done("withdraw", MISSION, "--restore")

    assert items(client, kind="delayed") == [delayed]


def test_a_restoration_moves_with_its_platform(stored: Path, done: Done, client: FlaskClient) -> None:
    done("withdraw", MISSION, "--reason", "a test", "--yes")
    done("withdraw", MISSION, "--restore")
    done("rename", "made", "sea9", "--yes")

    assert [each["id"] for each in items(client, kind="restoration")] == [f"restoration/{MISSION}"]
    done("withdraw", "sea9/20200913T1226", "--reason", "again", "--yes")
    assert [each["id"] for each in items(client)] == [f"withdrawal/{MISSION}/2"]
    assert differences() == []


def test_a_rename_keeps_the_ids_of_all_updates(stored: Path, done: Done, client: FlaskClient, tmp_path: Path) -> None:
    other = time_series(tmp_path / "other.nc", rows(3, start_s=1.66e9), {"id": "made-20220808T2306"})
    done("ingest", other)
    done("withdraw", "made/20220808T2306", "--reason", "a test", "--yes")
    before = [each["id"] for each in items(client)]
    assert {"withdrawal/made/20220808T2306", f"deployment/{MISSION}"} <= set(before)

    done("rename", "made", "sea9", "--yes")

    assert [each["id"] for each in items(client)] == before
    assert sorted(titles(client)) == sorted(before)
    assert {each["platform"] for each in items(client)} == {"sea9"}
    assert differences() == []
    done("withdraw", "sea9/20220808T2306", "--restore")
    done("withdraw", "sea9/20200913T1226", "--reason", "a test", "--yes")
    done("withdraw", "sea9/20200913T1226", "--restore")
    done("rename", "sea9", "sea10", "--yes")
    assert {each["id"].split("/")[1] for each in items(client)} == {"made"}
    done("rename", "sea10", "made", "--yes")
    # The restored mission began later: the other one is no longer silent.
    removed = {"withdrawal/made/20220808T2306", f"silent/{MISSION}"}
    assert set(before) - {each["id"] for each in items(client)} == removed
    assert differences() == []
