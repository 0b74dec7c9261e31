"""`halocline versions`, `rollback` and `originals get`: earlier versions from the kept originals."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import extensions
from tests.conftest import Seed
from tests.integration.operator.conftest import Run, differences
from tests.made_files import SAMPLES_A_PROFILE, profile_file, rows, time_series

Done = Callable[..., str]
MISSION = "made/20200913T1226"
REASON = "the delayed file was of another glider"


def listed(done: Done, mission: str = MISSION) -> list[dict[str, Any]]:
    """Return the versions of a mission, the latest import first."""
    return [json.loads(line) for line in done("versions", mission, "--json").splitlines()]


@pytest.fixture
def replaced(tmp_path: Path, done: Done, seed: Seed) -> tuple[Path, Path]:
    """The right file of a mission, and a wrong delayed one that has replaced it."""
    right = time_series(tmp_path / "right.nc", rows(8))
    wrong = time_series(tmp_path / "wrong.nc", rows(8, lon=17.0), {"data_mode": "D"})
    seed("a mission with two versions", lambda: done("ingest", right, wrong))
    return right, wrong


def test_versions_are_listed_with_their_files_the_importer_and_the_current_one(
    replaced: tuple[Path, Path], done: Done
) -> None:
    delayed, realtime = listed(done)

    assert [delayed["is_current"], realtime["is_current"]] == [True, False]
    assert [each["data_mode"] for each in (delayed, realtime)] == ["D", "R"]
    digest = hashlib.sha256(replaced[0].read_bytes()).hexdigest()
    assert realtime["files"] == [{"file_name": "right.nc", "sha256": digest}]
    assert "@" in realtime["actor"]
    lines = done("versions", MISSION).splitlines()
    assert lines[0].startswith(f"* {delayed['version']} D, wrong.nc, imported 20")
    assert lines[1].startswith(f"  {realtime['version']} R, right.nc, imported 20")


def test_a_rollback_is_a_dry_run_by_default(replaced: tuple[Path, Path], done: Done) -> None:
    earlier = listed(done)[1]["version"]

    output = done("rollback", MISSION, earlier, "--reason", REASON)

    assert f"target:  {earlier} R, right.nc" in output
    assert "Nothing was changed: --yes" in output
    assert extensions.mongo.db.missions.find_one()["data_mode"] == "D"


def test_a_rollback_brings_back_the_numbers_of_the_earlier_version(
    tmp_path: Path, done: Done, api: Callable[[str], Any], audited: Callable[..., Any]
) -> None:
    def mission() -> dict[str, Any]:
        return {
            name: value
            for name, value in api(f"/missions/{MISSION}").items()
            if name not in ("source", "earlier_versions")
        }

    done("ingest", time_series(tmp_path / "right.nc", rows(8)))
    before = mission(), api(f"/missions/{MISSION}/track"), api(f"/missions/{MISSION}/profiles")
    done("ingest", time_series(tmp_path / "wrong.nc", rows(8, lon=17.0), {"data_mode": "D"}))
    earlier = listed(done)[1]["version"]

    assert done("rollback", MISSION, earlier[:6], "--reason", REASON, "--yes").startswith("rolled back")
    assert done("rollback", MISSION, earlier, "--reason", REASON, "--yes").startswith("unchanged")

    assert (mission(), api(f"/missions/{MISSION}/track"), api(f"/missions/{MISSION}/profiles")) == before
    assert api("/updates?kind=delayed")["items"] == []
    assert [each["is_current"] for each in listed(done)] == [True, False]
    assert audited() == [
        ("rollback", MISSION, "done", REASON),
        ("rollback", MISSION, "unchanged", REASON),
    ]
    assert differences() == []


def test_a_mission_in_parts_is_rolled_back_as_a_whole(tmp_path: Path, done: Done, client: FlaskClient) -> None:
    whole = rows(8)
    # In one folder each: loggers name all their files alike.
    for number, span in enumerate((slice(0, 24), slice(24, 48))):
        (tmp_path / str(number)).mkdir()
        columns = {name: values[span] for name, values in whole.items()}
        done("ingest", time_series(tmp_path / str(number) / "log.nc", columns, {"wmo_id": "6801666"}))
    assert extensions.mongo.db.missions.find_one()["figures"]["samples"] == 8 * SAMPLES_A_PROFILE
    done("ingest", time_series(tmp_path / "wrong.nc", rows(8, lon=17.0), {"data_mode": "D"}))

    done("rollback", MISSION, listed(done)[1]["version"], "--reason", REASON, "--yes")

    stored = client.get(f"/api/v1/missions/{MISSION}").json
    assert (stored["samples"], stored["data_mode"], len(stored["metadata"]["parts"])) == (48, "R", 2)
    assert differences() == []
    assert len(done("originals", "get", MISSION, "--into", tmp_path / "copies").splitlines()) == 2
    assert len(list((tmp_path / "copies").iterdir())) == 2


def test_versions_without_a_way_back_have_the_reason(tmp_path: Path, halocline: Run, done: Done) -> None:
    done("ingest", profile_file(tmp_path / "a.nc", 1), profile_file(tmp_path / "b.nc", 2))

    (only,) = listed(done)

    assert only["obstacle"] == "its profiles came one by one"
    result = halocline("rollback", MISSION, "unknown", "--reason", "x", "--yes")
    assert result.exit_code == 1
    assert "has no version unknown" in str(result.exception)


def test_versions_that_an_earlier_release_imported_are_listed(
    replaced: tuple[Path, Path], tmp_path: Path, done: Done
) -> None:
    extensions.mongo.db.mission_versions.delete_many({})

    lines = done("versions", MISSION).splitlines()
    assert lines[0].startswith("* ")
    assert lines[1].endswith("; no rollback: its files were not recorded")

    done("ingest", time_series(tmp_path / "longer.nc", rows(9), {"data_mode": "D"}))
    assert [each["obstacle"] for each in listed(done)] == [None, None]


def test_a_version_whose_original_is_lost_is_not_rolled_back(
    replaced: tuple[Path, Path], halocline: Run, done: Done
) -> None:
    earlier = listed(done)[1]
    extensions.mongo.db["originals.files"].delete_one({"_id": earlier["files"][0]["sha256"]})

    result = halocline("rollback", MISSION, earlier["version"], "--reason", "x", "--yes")

    assert result.exit_code == 1
    assert f"the original {earlier['files'][0]['sha256'][:16]}… is not stored" in str(result.exception)


def test_originals_are_written_byte_for_byte_and_do_not_replace_other_files(
    replaced: tuple[Path, Path], tmp_path: Path, done: Done
) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "wrong.nc").write_bytes(b"my own notes")
    earlier = listed(done)[1]

    first = done("originals", "get", MISSION, "--into", folder)
    second = done("originals", "get", MISSION, "--into", folder)
    done("originals", "get", earlier["files"][0]["sha256"][:12], "--into", folder)
    done("originals", "get", MISSION, "--version", earlier["version"], "--into", folder)

    assert [first.split()[0], second.split()[0]] == ["written", "unchanged"]
    assert (folder / "wrong.nc").read_bytes() == b"my own notes"
    assert (folder / "right.nc").read_bytes() == replaced[0].read_bytes()
    assert sorted(path.name for path in folder.iterdir())[0].endswith("-wrong.nc")
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [("deadbeef", "no original file has the SHA-256"), ("abc", "neither"), ("made/x", "there is no mission")],
)
def test_an_unknown_original_is_an_error(halocline: Run, tmp_path: Path, name: str, words: str) -> None:
    result = halocline("originals", "get", name, "--into", tmp_path)

    assert result.exit_code == 1
    assert words in str(result.exception)
