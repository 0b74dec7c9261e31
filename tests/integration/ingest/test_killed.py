"""An import that is killed at any point and run again leaves the same store as one complete run."""

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
from app.store import indexes, transactions
from tests import made_files

DRIVER = Path(__file__).with_name("driver.py")
ROOT = Path(__file__).parents[3]
# Times differ between runs; nothing else may.
TIMES = {"at", "imported_at", "replaced_at", "computed_at", "uploadDate", "learned_at", "shown_from"}
# Random tokens that identify a history of the change log.
RANDOM = {"word", "follows"}
# The second run logs an attempt for each file: only attempts that changed the store are compared.
CHANGING = {"stored", "replaced"}
State = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A mission, its adjusted version, two profiles of it, and one profile of another mission."""
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
    """Run the importer in a process of its own."""
    order_settings = {
        "mongodb_uri": settings.mongodb_uri,
        "mongodb_database": settings.mongodb_database,
        "mongodb_timeout_ms": 30_000,
        "redis_url": settings.redis_url,
        "HALOCLINE_BASINS_DIR": str(settings.basins_dir),
    }
    argument = json.dumps({"settings": order_settings, "files": [str(file) for file in files], **order})
    command = [sys.executable, str(DRIVER), argument]
    return subprocess.run(
        command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=90, check=False
    )


def end_orphaned_transactions(db: Database[dict[str, Any]], killed: subprocess.CompletedProcess[str]) -> None:
    """End the open transactions of a killed client at once; the server would end them after a minute."""
    lines = killed.stderr.splitlines()
    ids = [bytes.fromhex(line.removeprefix("session ")) for line in lines if line.startswith("session ")]
    db.client.admin.command("killSessions", [{"id": Binary(session, UUID_SUBTYPE)} for session in ids])


def state(db: Database[dict[str, Any]]) -> State:
    """Return every document of every collection, without times and without attempts that changed nothing."""
    return {
        name: sorted((_without_times(doc) for doc in db[name].find() if _is_compared(name, doc)), key=repr)
        for name in sorted(db.list_collection_names(filter={"type": "collection"}))
    }


def _is_compared(name: str, doc: dict[str, Any]) -> bool:
    if name == "imports":
        return doc["outcome"] in CHANGING
    return doc["_id"] not in ("imports:unchanged", "imports:refused")


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        drop = TIMES | RANDOM | ({"_id"} if "outcome" in value else set())
        return {key: _without_times(item) for key, item in sorted(value.items()) if key not in drop}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def empty(db: Database[dict[str, Any]]) -> None:
    """Restore the state of the database before the first run."""
    for name in db.list_collection_names(filter={"type": "collection"}):
        db[name].delete_many({})
    indexes.ensure(db)


@pytest.fixture
def driver_settings(settings: config.Settings, few_basins: Path) -> config.Settings:
    """Settings of the killed import, with the same basins as the import after it."""
    return settings.model_copy(update={"basins_dir": few_basins})


@pytest.fixture(scope="module")
def clean_state() -> State:
    """The result of `clean`, computed by the first test that needs it."""
    return {}


@pytest.fixture
def clean(
    ingest: Callable[..., list[Report]], files: list[Path], db: Database[dict[str, Any]], clean_state: State
) -> State:
    """The state after one complete run. The database is empty afterwards."""
    if not clean_state:
        assert [report.outcome for report in ingest(*files)] == ["stored", "replaced", "stored", "replaced", "stored"]
        clean_state.update(state(db))
        empty(db)
    return clean_state


def killed_and_run_again(
    driver_settings: config.Settings,
    ingest: Callable[..., list[Report]],
    files: list[Path],
    db: Database[dict[str, Any]],
    **order: Any,
) -> State:
    """Return the state after a killed import and a complete one after it."""
    killed = drive(driver_settings, files, **order)
    assert killed.returncode == -9, killed.stderr
    end_orphaned_transactions(db, killed)
    ingest(*files)
    return state(db)


# Write commands of a complete run: 1 to 6 store the sea areas, 7 to 95 the five files, 96 to 149 derived documents.
SWEEP = [
    *((n, "started") for n in (2, 4, 6, 8, 14, 20, 27, 42, 59, 68, 100, 118)),
    *((n, "succeeded") for n in (4, 7, 9, 11, 17, 23, 50, 111)),
]
# After the samples of a version and before its profiles; in the transaction that adds a profile to a mission.
DEFAULT = {(11, "succeeded"), (50, "succeeded")}


@pytest.mark.parametrize(
    ("kill_at", "when"),
    [pytest.param(*point, marks=[] if point in DEFAULT else [pytest.mark.slow]) for point in SWEEP],
)
def test_a_run_after_a_killed_one_gives_the_store_of_one_complete_run(
    driver_settings: config.Settings,
    ingest: Callable[..., list[Report]],
    files: list[Path],
    clean: State,
    db: Database[dict[str, Any]],
    kill_at: int,
    when: str,
) -> None:
    assert killed_and_run_again(driver_settings, ingest, files, db, kill_at=kill_at, when=when) == clean


@pytest.mark.parametrize(
    ("name", "call"),
    [
        pytest.param("app.ingest.importer._missions", 2, id="between two files", marks=pytest.mark.slow),
        pytest.param("app.events.announce", 2, id="after a commit and before its event", marks=pytest.mark.slow),
        pytest.param("app.ingest.derive.section_plots.section", 1, id="while sections are drawn"),
    ],
)
def test_a_run_after_a_kill_between_writes_gives_the_store_of_one_complete_run(
    driver_settings: config.Settings,
    ingest: Callable[..., list[Report]],
    files: list[Path],
    clean: State,
    db: Database[dict[str, Any]],
    name: str,
    call: int,
) -> None:
    assert killed_and_run_again(driver_settings, ingest, files, db, kill_in=(name, call)) == clean


def test_a_run_waits_for_the_open_transaction_of_a_killed_one_and_logs_it(
    driver_settings: config.Settings,
    ingest: Callable[..., list[Report]],
    files: list[Path],
    db: Database[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    killed = drive(driver_settings, files[:1], kill_in=("app.store.missions.put", 1))
    logged = []

    class Log:
        def warning(self, event: str, **fields: str) -> None:
            """Record the event, and end the transaction as the server would after a minute."""
            logged.append((event, sorted(fields)))
            end_orphaned_transactions(db, killed)

    monkeypatch.setattr(transactions, "log", Log())
    reports = ingest(files[0])

    assert (killed.returncode, [report.outcome for report in reports]) == (-9, ["stored"])
    assert logged == [("waiting_for_another_import", ["cause", "waits_at_most_until"])]
