"""`halocline verify` as it is called: its lines, its status, and what it leaves behind."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
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
def called(settings: config.Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls the command as a shell does, but for the niceness, which would stay with the tests."""
    monkeypatch.setenv("MONGODB_URI", settings.mongodb_uri)
    monkeypatch.setenv("MONGODB_DATABASE", settings.mongodb_database)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setattr(command.os, "nice", lambda _: 0)  # type: ignore[attr-defined]
    return lambda *arguments: CliRunner().invoke(cli.cli, ["verify", *arguments])


def test_a_sound_store_gives_status_0_and_the_result_is_noted(stored: str, called: Callable[..., Result]) -> None:
    assert verifications.last() is None

    result = called("--sections")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 missions, 4 profiles and ")
    assert result.stdout.endswith(": no differences\n")
    noted = verifications.last()
    assert noted is not None
    assert (noted.missions, noted.profiles, noted.differences) == (1, 4, 0)
    assert verifications.ended() == (noted.ended_at.timestamp(), 0)


def test_a_difference_gives_status_1_and_a_line_with_place_and_both_values(
    stored: str, called: Callable[..., Result], db: Db
) -> None:
    db.totals.update_one({"_id": "fleet"}, {"$set": {"profiles": 5}})

    result = called()

    assert result.exit_code == 1, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "totals fleet: profiles is 5, recomputed 4"
    assert lines[1].endswith(": 1 difference")
    noted = verifications.last()
    assert noted is not None
    assert noted.differences == 1


def test_machines_read_an_object_a_line(stored: str, called: Callable[..., Result], db: Db) -> None:
    db.totals.update_one({"_id": "fleet"}, {"$set": {"profiles": 5}})

    difference, summary = map(json.loads, called("--json").stdout.splitlines())

    assert difference == {
        "kind": "difference",
        "where": "totals fleet",
        "what": "profiles",
        "stored": "5",
        "recomputed": "4",
        "repairable": True,
    }
    assert {key: summary[key] for key in ("kind", "missions", "differences", "waiting")} == {
        "kind": "summary",
        "missions": 1,
        "differences": 1,
        "waiting": 0,
    }


def test_one_mission_is_no_verification_of_the_store(stored: str, called: Callable[..., Result]) -> None:
    assert called("--mission", stored, "--pace", "0.9").exit_code == 0
    assert verifications.last() is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--mission", "nobody/20200913T1226"], "there is no mission nobody/20200913T1226"),
        (["--mission", "made"], "must be PLATFORM/MISSION"),
        (["--pace", "0"], "0 is not in the range"),
    ],
)
def test_what_cannot_be_looked_at_gives_status_2(
    stored: str, called: Callable[..., Result], arguments: list[str], said: str
) -> None:
    result = called(*arguments)

    assert result.exit_code == 2
    assert said in result.output
    assert verifications.last() is None


def test_a_store_that_is_away_gives_status_2(called: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1/?directConnection=true")
    monkeypatch.setenv("MONGODB_TIMEOUT_MS", "200")

    result = called()

    assert result.exit_code == 2
    assert result.output == "halocline: MongoDB is not available at the moment\n"


def test_after_a_repair_the_next_run_is_clean(stored: str, called: Callable[..., Result], db: Db) -> None:
    db.tracks.update_one({"_id": MADE}, {"$set": {"hidden": 3}})
    db.platforms.update_one({"_id": "made"}, {"$set": {"samples": 3}})

    repaired, after = called("--repair"), called()

    assert repaired.exit_code == 1
    assert "2 of 2 differences" in repaired.stderr
    assert after.exit_code == 0, after.output


def test_figures_are_not_repaired(stored: str, called: Callable[..., Result], db: Db) -> None:
    db.missions.update_one({"_id": MADE}, {"$set": {"declared.depth_m": 1.0, "figures.vertical_m": 3.0}})
    before = db.missions.find_one({"_id": MADE})

    called("--repair")

    # The command has closed what the fixture opened.
    assert extensions.mongo.db.missions.find_one({"_id": MADE}) == before


def test_a_repair_that_was_killed_is_finished_by_the_next_import(
    stored: str, db: Db, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.tracks.delete_many({})
    differences = verification.verify(None, False, 1.0).differences
    with monkeypatch.context() as killed:
        killed.setattr(rebuild, "rebuild", _killed)
        with pytest.raises(KeyboardInterrupt):
            repair.repair(differences, verification.basin_map(), {})

    rebuild.rebuild(verification.basin_map())

    assert verification.verify(None, False, 1.0).differences == []


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
