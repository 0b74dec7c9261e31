"""`halocline verify`: its output, its exit status, and the documents that it writes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo import MongoClient
from pymongo.database import Database

from app import cli, config, extensions
from app.commands import verify as command
from app.ingest.derive import rebuild
from app.ingest.reports import Report
from app.ingest.verify import repair, verification
from app.store import verifications
from tests.conftest import Seed
from tests.made_files import time_series

Ingest = Callable[..., list[Report]]
Db = Database[dict[str, Any]]
MADE = "made/20200913T1226"


@pytest.fixture
def stored(tmp_path: Path, ingest: Ingest, seed: Seed) -> str:
    """A store with one mission."""
    seed("one made mission", lambda: ingest(time_series(tmp_path / "made.nc")))
    return MADE


@pytest.fixture
def run_verify(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command as a shell does, without the niceness, which would stay with the test process."""
    monkeypatch.setenv("MONGODB_URI", settings.mongodb_uri)
    monkeypatch.setenv("MONGODB_DATABASE", settings.mongodb_database)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setattr(command.os, "nice", lambda _: 0)  # type: ignore[attr-defined]
    return lambda *arguments: CliRunner().invoke(cli.cli, ["verify", *arguments])


def test_a_sound_store_gives_status_0_and_the_result_is_stored(stored: str, run_verify: Callable[..., Result]) -> None:
    assert verifications.last() is None

    result = run_verify("--sections")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 missions, 4 profiles and ")
    assert result.stdout.endswith(": no differences\n")
    verification_result = verifications.last()
    assert verification_result is not None
    assert (verification_result.missions, verification_result.profiles, verification_result.differences) == (1, 4, 0)
    assert verifications.ended() == (verification_result.ended_at.timestamp(), 0)


def test_a_difference_gives_status_1_and_a_line_with_its_location_and_both_values(
    stored: str, run_verify: Callable[..., Result], db: Db
) -> None:
    db.totals.update_one({"_id": "fleet"}, {"$set": {"profiles": 5}})

    result = run_verify()

    assert result.exit_code == 1, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "totals fleet: profiles is 5, recomputed 4"
    assert lines[1].endswith(": 1 difference")
    verification_result = verifications.last()
    assert verification_result is not None
    assert verification_result.differences == 1


def test_json_output_has_one_object_per_line(stored: str, run_verify: Callable[..., Result], db: Db) -> None:
    db.totals.update_one({"_id": "fleet"}, {"$set": {"profiles": 5}})

    difference, summary = map(json.loads, run_verify("--json").stdout.splitlines())

    assert difference == {
        "kind": "difference",
        "where": "totals fleet",
        "what": "profiles",
        "stored": "5",
        "recomputed": "4",
        "repairable": True,
    }
    assert {key: summary[key] for key in ("kind", "missions", "differences", "skipped")} == {
        "kind": "summary",
        "missions": 1,
        "differences": 1,
        "skipped": 0,
    }


def test_the_verification_of_one_mission_is_not_stored(stored: str, run_verify: Callable[..., Result]) -> None:
    assert run_verify("--mission", stored, "--pace", "0.9").exit_code == 0
    assert verifications.last() is None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--mission", "unknown/20200913T1226"], "there is no mission unknown/20200913T1226"),
        (["--mission", "made"], "must be PLATFORM/MISSION"),
        (["--pace", "0"], "0 is not in the range"),
    ],
)
def test_invalid_arguments_give_status_2(
    stored: str, run_verify: Callable[..., Result], arguments: list[str], error: str
) -> None:
    result = run_verify(*arguments)

    assert result.exit_code == 2
    assert error in result.output
    assert verifications.last() is None


def test_an_empty_database_gives_status_2_and_is_not_created(
    run_verify: Callable[..., Result], db: Db, settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = run_verify()
    monkeypatch.setenv("MONGODB_DATABASE", "misnamed")
    misnamed = run_verify()

    assert (empty.exit_code, misnamed.exit_code) == (2, 2)
    assert empty.output == f"halocline: the database {settings.mongodb_database} is empty: check MONGODB_DATABASE\n"
    assert misnamed.output == "halocline: the database misnamed is empty: check MONGODB_DATABASE\n"
    with MongoClient[Any](settings.mongodb_uri) as client:
        assert "misnamed" not in client.list_database_names()


def test_an_unreachable_store_gives_status_3(
    run_verify: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1/?directConnection=true")
    monkeypatch.setenv("MONGODB_TIMEOUT_MS", "200")

    result = run_verify()

    assert result.exit_code == 3
    assert result.output == "halocline: MongoDB is not available at the moment\n"


def test_after_a_repair_the_next_run_reports_no_difference(
    stored: str, run_verify: Callable[..., Result], db: Db
) -> None:
    db.tracks.update_one({"_id": MADE}, {"$set": {"hidden": 3}})
    db.platforms.update_one({"_id": "made"}, {"$set": {"samples": 3}})

    repaired, after = run_verify("--repair"), run_verify()

    assert repaired.exit_code == 1
    assert "2 of 2 differences" in repaired.stderr
    assert after.exit_code == 0, after.output


def test_figures_are_not_repaired(stored: str, run_verify: Callable[..., Result], db: Db) -> None:
    db.missions.update_one({"_id": MADE}, {"$set": {"declared.depth_m": 1.0, "figures.vertical_m": 3.0}})
    before = db.missions.find_one({"_id": MADE})

    run_verify("--repair")

    # The command has closed the connections of the fixture.
    assert extensions.mongo.db.missions.find_one({"_id": MADE}) == before


def test_the_next_import_completes_a_killed_repair(stored: str, db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    db.tracks.delete_many({})
    differences = verification.verify(None, False, 1.0).differences
    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "rebuild", _killed)
        with pytest.raises(KeyboardInterrupt):
            repair.repair(differences, verification.basin_map(), {})

    rebuild.rebuild(verification.basin_map())

    assert verification.verify(None, False, 1.0).differences == []


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
