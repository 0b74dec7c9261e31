"""An importer that is killed at any point and run again leaves what one clean run leaves."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bson.binary import UUID_SUBTYPE, Binary
from pymongo.database import Database

from app import config
from app.ingest.reports import Report
from app.store import indexes
from tests import made_files

DRIVER = Path(__file__).with_name("driver.py")
ROOT = Path(__file__).parents[3]
# When something was done differs from run to run; what was done must not.
TIMES = {"at", "imported_at", "replaced_at", "computed_at", "uploadDate", "learned_at", "shown_from"}
# By which two histories of the change log are told apart.
RANDOM = {"word", "follows"}
# A second run says of each file what it finds: only what changed something is compared.
CHANGING = {"stored", "replaced"}
State = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A mission, its adjusted version, two profiles that join it, one that makes a mission of its own."""
    tmp_path = tmp_path_factory.mktemp("files")
    adjusted = {**made_files.rows(), "temperature_adjusted": made_files.rows()["temperature"] + 0.1}
    return [
        made_files.time_series(tmp_path / "real_time.nc"),
        made_files.time_series(tmp_path / "adjusted.nc", adjusted),
        made_files.profile_file(tmp_path / "fifth.nc", 5, {"data_mode": "A"}),
        made_files.profile_file(tmp_path / "third.nc", 3, {"data_mode": "D"}),
        made_files.profile_file(tmp_path / "alone.nc", 2, {"id": "other-20200913T1226"}),
    ]


def drive(settings: config.Settings, files: list[Path], **order: Any) -> subprocess.CompletedProcess[str]:
    """Runs the importer in a process of its own."""
    wanted = {
        "mongodb_uri": settings.mongodb_uri,
        "mongodb_database": settings.mongodb_database,
        "mongodb_timeout_ms": 30_000,
        "redis_url": settings.redis_url,
    }
    argument = json.dumps({"settings": wanted, "files": [str(file) for file in files], **order})
    command = [sys.executable, str(DRIVER), argument]
    return subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=90, check=False
    )


def end_orphaned_transactions(db: Database[dict[str, Any]], killed: subprocess.CompletedProcess[str]) -> None:
    """Does at once what the server does after a minute with a transaction whose client died."""
    said = [line.removeprefix("session ") for line in killed.stderr.splitlines() if line.startswith("session ")]
    db.client.admin.command("killSessions", [{"id": Binary(bytes.fromhex(session), UUID_SUBTYPE)} for session in said])


def state(db: Database[dict[str, Any]]) -> State:
    """Every document of every collection, without times and without attempts that changed nothing."""
    return {
        name: sorted((_timeless(doc) for doc in db[name].find() if _counts(name, doc)), key=repr)
        for name in sorted(db.list_collection_names(filter={"type": "collection"}))
    }


def _counts(name: str, doc: dict[str, Any]) -> bool:
    if name == "imports":
        return doc["outcome"] in CHANGING
    return doc["_id"] not in ("imports:unchanged", "imports:refused")


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        drop = TIMES | RANDOM | ({"_id"} if "outcome" in value else set())
        return {key: _timeless(item) for key, item in sorted(value.items()) if key not in drop}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def emptied(db: Database[dict[str, Any]]) -> None:
    """The database as it was before the first run."""
    for name in db.list_collection_names(filter={"type": "collection"}):
        db[name].delete_many({})
    indexes.ensure(db)


@pytest.fixture(scope="module")
def once() -> State:
    """What `clean` found, for the tests after the first."""
    return {}


@pytest.fixture
def clean(ingest: Callable[..., list[Report]], files: list[Path], db: Database[dict[str, Any]], once: State) -> State:
    """What one clean run leaves; the database is empty again."""
    if not once:
        assert [report.outcome for report in ingest(*files)] == ["stored", "replaced", "stored", "replaced", "stored"]
        once.update(state(db))
        emptied(db)
    return once


@pytest.mark.parametrize(
    ("kill_at", "when"),
    [(n, "started") for n in (2, 4, 6, 8, 13, 19, 26, 40, 57, 66)] + [(n, "succeeded") for n in (4, 7, 10, 16, 22, 48)],
)
def test_a_run_after_a_kill_ends_as_one_clean_run(
    settings: config.Settings,
    ingest: Callable[..., list[Report]],
    files: list[Path],
    clean: State,
    db: Database[dict[str, Any]],
    kill_at: int,
    when: str,
) -> None:
    killed = drive(settings, files, kill_at=kill_at, when=when)
    assert killed.returncode == -9, killed.stderr
    end_orphaned_transactions(db, killed)

    ingest(*files)

    assert state(db) == clean


@pytest.mark.parametrize("after_s", [0.02, 0.11, 0.25])
def test_a_run_after_a_kill_at_any_moment_ends_as_one_clean_run(
    settings: config.Settings,
    ingest: Callable[..., list[Report]],
    files: list[Path],
    clean: State,
    db: Database[dict[str, Any]],
    after_s: float,
) -> None:
    killed = drive(settings, files, after_s=after_s)
    end_orphaned_transactions(db, killed)

    ingest(*files)

    assert state(db) == clean
