"""Backups while imports run: a restored database is the state of the store at one moment, as `verify` proves."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app import config
from app.backup import creation, parts
from app.ingest import importer
from app.ingest.context import ImportContext
from app.store import backup_reads
from tests.integration.backup.conftest import Run
from tests.made_files import profile_file, rows, time_series

Db = Database[dict[str, Any]]
DRIVER = Path(__file__).parents[1] / "ingest/driver.py"
ROOT = Path(__file__).parents[3]


def arriving_files(folder: Path, number: int) -> list[Path]:
    """Files that replace, extend and add missions: in turn a profile of three missions, and a mission as a whole."""
    folder.mkdir()
    files = []
    for n in range(number):
        path = folder / f"{n:03}.nc"
        if n % 4 == 3:
            columns = {**rows(profiles=3 + n), "temperature_adjusted": rows(profiles=3 + n)["temperature"]}
            files.append(time_series(path, columns, {"date_modified": f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z"}))
        else:
            files.append(profile_file(path, 3 + n, {"id": f"other{n % 3}-20210101T0000"}))
    return files


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of one document or a few, each followed by a read of the changes."""
    monkeypatch.setattr(parts, "MEAN_BYTES", 2000)
    monkeypatch.setattr(creation, "_SAVE_EVERY_S", 0.0)


@pytest.mark.parametrize("most_keys", [20_000, 10], ids=["one round of changes", "many rounds of changes"])
def test_a_backup_with_an_import_during_each_copy_is_the_state_of_one_moment(
    tmp_path: Path,
    stored: Db,
    restored: Db,
    halocline: Run,
    tools: ImportContext,
    monkeypatch: pytest.MonkeyPatch,
    small_parts: None,
    most_keys: int,
) -> None:
    monkeypatch.setattr(creation, "_MOST_KEYS", most_keys)
    arrivals = arriving_files(tmp_path / "files", 12)
    documents = backup_reads.documents

    def documents_with_an_import_after_the_first(*arguments: Any) -> Iterator[bytes]:
        found = documents(*arguments)
        yield from islice(found, 1)
        _ = [list(importer.real([arrivals.pop(0)], tools)) for _ in arrivals[:1]]
        yield from found

    with monkeypatch.context() as patched:
        patched.setattr(backup_reads, "documents", documents_with_an_import_after_the_first)
        made = halocline("backup", tmp_path / "backups", "--name", "busy")
    result = halocline("restore", tmp_path / "backups", "--test")

    assert made.exit_code == 0, made.output
    assert arrivals == []
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1].endswith("missions, no differences")
    manifest = json.loads((tmp_path / "backups/backups/busy/manifest.json").read_text())["manifest"]
    assert {"missions", "profiles", "samples", "counters"} <= {part["collection"] for part in manifest["changes"]}


@pytest.mark.slow
def test_backups_beside_an_importer_pass_the_restore_test(
    tmp_path: Path,
    stored: Db,
    restored: Db,
    halocline: Run,
    settings: config.Settings,
    few_basins: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parts, "MEAN_BYTES", 50_000)
    monkeypatch.setattr(creation, "_SAVE_EVERY_S", 0.2)
    files = arriving_files(tmp_path / "files", 60)
    named = {"mongodb_uri": settings.mongodb_uri, "mongodb_database": settings.mongodb_database}
    order = {
        "settings": {**named, "redis_url": settings.redis_url, "HALOCLINE_BASINS_DIR": str(few_basins)},
        "files": [str(file) for file in files],
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(DRIVER), json.dumps(order)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) as importing:
        names: list[str] = []
        while importing.poll() is None:
            names.append(f"b{len(names)}")
            assert halocline("backup", tmp_path / "backups", "--name", names[-1]).exit_code == 0
        assert importing.returncode == 0

    results = [halocline("restore", tmp_path / "backups", name, "--test") for name in names]

    assert len(names) > 3
    assert [result.exit_code for result in results] == [0] * len(names), [result.output for result in results]
