"""What people call a platform after `halocline rename`: its name stays, and former names still lead to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.conftest import Seed
from tests.integration.operator.conftest import Run, differences
from tests.made_files import rows, time_series

Done = Callable[..., str]
TABLE = '[made]\nserial = "MADE1"\nname = "Smilla"\noperator = "Ocean Observatory"\n'


@pytest.fixture
def stored(tmp_path: Path, done: Done, seed: Seed, platforms_file: Path) -> Path:
    """The mission of a platform that has a name in the file of platforms."""
    platforms_file.write_text(TABLE, encoding="utf-8")
    path = time_series(tmp_path / "made.nc")
    seed("a platform with a name", lambda: done("ingest", path))
    return path


def label(api: Callable[[str], Any]) -> tuple[str, str, str]:
    platform = api("/platforms/sea9")
    return platform["serial"], platform["name"], platform["operator"]


def test_a_renamed_platform_keeps_its_name(
    stored: Path, done: Done, halocline: Run, api: Callable[[str], Any], client: FlaskClient, tmp_path: Path
) -> None:
    assert "<h1>MADE1 Smilla" in client.get("/fleet/made").text
    result = halocline("rename", "made", "sea9", "--yes")
    assert "has the names of the table [made], but not its label" in result.stderr

    assert label(api) == ("sea9", "Smilla", "Ocean Observatory")
    assert "<h1>sea9 Smilla" in client.get("/fleet/sea9").text
    done("ingest", time_series(tmp_path / "longer.nc", rows(6)))
    done("rename", "sea9", "sea10", "--yes")
    done("rename", "sea10", "sea9", "--yes")
    assert label(api) == ("sea9", "Smilla", "Ocean Observatory")
    assert differences() == []


def test_a_serial_that_is_the_new_id_in_capitals_is_kept(
    stored: Path, done: Done, halocline: Run, api: Callable[[str], Any], client: FlaskClient, tmp_path: Path
) -> None:
    assert halocline("rename", "made", "made1", "--yes").stderr == ""

    assert api("/platforms/made1")["serial"] == "MADE1"
    assert "<h1>MADE1 Smilla" in client.get("/fleet/made1").text
    assert client.get("/fleet/MADE1").status_code == 200
    done("withdraw", "made1/20200913T1226", "--reason", "a test", "--yes")
    assert "Mission MADE1 Smilla 20200913T1226 was withdrawn" in client.get("/missions/made1/20200913T1226").text
    assert client.get("/fleet/MADE1").status_code == 410
    assert differences() == []


def test_a_label_that_is_the_id_is_not_shown_as_serial(stored: Path, done: Done, client: FlaskClient) -> None:
    assert "<dt>Serial</dt>" in client.get("/fleet/made").text
    done("rename", "made", "sea9", "--yes")
    assert "<dt>Serial</dt>" not in client.get("/fleet/sea9").text


def test_a_table_of_the_present_id_replaces_the_former_one(
    stored: Path, done: Done, api: Callable[[str], Any], platforms_file: Path, tmp_path: Path
) -> None:
    done("rename", "made", "sea9", "--yes")
    platforms_file.write_text(f'{TABLE}[sea9]\nserial = "SEA009"\nname = "Kaprifol"\n', encoding="utf-8")
    done("ingest", time_series(tmp_path / "longer.nc", rows(6)))
    assert label(api)[:2] == ("SEA009", "Kaprifol")


def test_the_address_with_the_former_label_redirects(stored: Path, done: Done, client: FlaskClient) -> None:
    assert client.get("/fleet/MADE1").status_code == 200
    done("rename", "made", "sea9", "--yes")
    # A rename that is repeated keeps the label.
    done("rename", "made", "sea9", "--yes")
    for root in ("/fleet", "/api/v1/platforms"):
        answer = client.get(f"{root}/MADE1")
        assert (answer.status_code, answer.headers["Location"]) == (301, f"{root}/sea9")


@pytest.mark.parametrize("text", ["made", "made/20200913T1226", "made 20200913"])
def test_a_search_for_the_former_id_has_results(stored: Path, done: Done, api: Callable[[str], Any], text: str) -> None:
    done("rename", "made", "sea9", "--yes")
    assert "/missions/sea9/20200913T1226" in str(api(f"/search?q={text}"))


def test_an_id_that_another_platform_gets_does_not_lead_to_the_former_one(
    stored: Path, done: Done, api: Callable[[str], Any], tmp_path: Path
) -> None:
    done("rename", "made", "sea9", "--yes")
    done("ingest", time_series(tmp_path / "other.nc", rows(3, lon=17.0), {"id": "other-20210101T0000"}))
    done("rename", "other", "made", "--yes")
    found = [item["id"] for item in api("/search?q=made")["items"] if item["kind"] == "platform"]
    assert found == ["made"]
    assert differences() == []


def test_a_command_for_the_former_id_names_the_present_one(stored: Path, done: Done, halocline: Run) -> None:
    done("rename", "made", "sea9", "--yes")
    result = halocline("withdraw", "made/20200913T1226", "--reason", "a test", "--yes")
    assert "there is no mission made/20200913T1226: the platform is sea9 now" in str(result.exception)


def test_a_platform_whose_id_was_its_label_and_whose_mission_was_merged_is_not_found(
    stored: Path, done: Done, client: FlaskClient
) -> None:
    done("rename", "made", "made1", "--yes")
    done("ingest", stored, "--platform", "other", "--mission", "m2")
    done("merge", "made1/20200913T1226", "other/m2", "--apply")

    for address in ("/fleet/made1", "/fleet/MADE1", "/fleet/made", "/api/v1/platforms/made1"):
        answer = client.get(address, follow_redirects=True)
        assert (answer.status_code, len(answer.history) < 3) == (404, True)
