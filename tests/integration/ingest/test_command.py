"""`halocline ingest`: output, exit status and errors of the command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from pymongo.database import Database

from app import config
from app.cli import cli
from app.errors import RunFailed
from app.store import disk_space
from tests.made_files import time_series

ROOT = Path(__file__).parents[3]


def environment(settings: config.Settings | None) -> dict[str, str]:
    """Return the environment for the servers of the tests, or without settings for an unreachable server."""
    if settings is None:
        return {"MONGODB_URI": "mongodb://127.0.0.1:9"}
    return {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url,
    }


def halocline(*arguments: str | Path, settings: config.Settings | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command as a process."""
    command = [sys.executable, "-m", "app.cli", "ingest", *map(str, arguments)]
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environment(settings)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def invoke(few_basins: Path) -> Callable[..., Result]:
    """Run the command in this process, with a few sea areas. It closes the connections that `db` opened."""

    def run(*arguments: str | Path, settings: config.Settings | None = None) -> Result:
        env = {**environment(settings), "HALOCLINE_BASINS_DIR": str(few_basins)}
        return CliRunner().invoke(cli, ["ingest", *map(str, arguments)], env=env)

    return run


def test_the_import_of_a_folder_prints_one_line_per_file(
    tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]]
) -> None:
    (tmp_path / "deep").mkdir()
    time_series(tmp_path / "deep/a.nc")
    (tmp_path / "b.nc").write_bytes(b"")
    (tmp_path / "README.md").write_text("not data", encoding="utf-8")

    result = halocline(tmp_path, settings=settings)

    lines = result.stdout.splitlines()
    assert (result.returncode, len(lines)) == (1, 2)
    assert lines[0].startswith("refused   empty_file: b.nc: ")
    assert lines[1].startswith("stored ")
    assert "made/20200913T1226 R, 4 profiles, 1.9 km, Bornholm Basin" in lines[1]
    assert db.missions.count_documents({}) == 1


def test_json_output_has_one_object_per_line_with_the_documented_fields(
    tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]], invoke: Callable[..., Result]
) -> None:
    path = time_series(tmp_path / "a.nc")

    result = invoke("--json", path, settings=settings)

    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert list(report) == ["path", "outcome", "reason", "reason_code", "mission"]
    assert (report["path"], report["outcome"]) == (str(path), "stored")
    assert set(report["mission"]) == {
        "platform", "mission", "data_mode", "samples", "profiles", "distance_m", "max_depth_m", "vertical_m",
        "start_at", "end_at", "bbox", "basins", "variables", "warnings", "quality", "unread_variables",
    }  # fmt: skip


def test_a_refusal_by_mode_contains_the_figures_of_the_file(
    tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]], invoke: Callable[..., Result]
) -> None:
    path = time_series(tmp_path / "a.nc")
    invoke("--mode", "D", path, settings=settings)

    report = json.loads(invoke("--json", path, settings=settings).stdout)

    assert (report["outcome"], report["reason_code"]) == ("refused", "lower_mode")
    assert (report["mission"]["data_mode"], report["mission"]["profiles"]) == ("R", 4)


def test_a_dry_run_needs_no_server_and_stores_nothing(
    tmp_path: Path, db: Database[dict[str, Any]], invoke: Callable[..., Result]
) -> None:
    result = invoke("--dry-run", "--json", time_series(tmp_path / "a.nc"))

    assert (result.exit_code, json.loads(result.stdout)["outcome"]) == (0, "stored")
    assert db.missions.count_documents({}) == 0


@pytest.mark.parametrize(
    "arguments", [(), ("gone.nc",), ("--mode", "X", __file__), ("--mission", "a/b", __file__), ("--unknown", __file__)]
)
def test_wrong_usage_is_status_2(invoke: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    assert invoke("--dry-run", *arguments).exit_code == 2


def test_a_folder_without_data_is_wrong_usage(tmp_path: Path, invoke: Callable[..., Result]) -> None:
    result = invoke("--dry-run", tmp_path)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"halocline: no data file in {tmp_path}\n"


def test_a_folder_that_vanishes_while_it_is_listed_is_named(
    tmp_path: Path, invoke: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    time_series(tmp_path / "a.nc")
    scandir = os.scandir

    def vanishing(path: str | Path) -> Any:
        """List the folder; the inner one is deleted after the outer one has been listed."""
        if Path(path) == inner:
            inner.rmdir()
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    result = invoke("--dry-run", tmp_path)

    assert isinstance(result.exception, RunFailed)
    assert str(result.exception) == f"The folder {inner} cannot be listed: No such file or directory."
    assert result.stdout == ""


def test_an_unreachable_store_is_reported_in_one_line(tmp_path: Path) -> None:
    result = halocline(time_series(tmp_path / "a.nc"))

    assert result.returncode == 3
    assert result.stderr.splitlines()[-1] == "halocline: MongoDB is not available at the moment"
    assert "Traceback" not in result.stderr


def test_a_failed_authentication_is_not_reported_as_an_unreachable_store(
    tmp_path: Path, settings: config.Settings
) -> None:
    uri = settings.mongodb_uri.replace("mongodb://", "mongodb://unknown:wrong@", 1)

    result = halocline(time_series(tmp_path / "a.nc"), settings=settings.model_copy(update={"mongodb_uri": uri}))

    assert result.returncode == 3
    assert result.stderr.splitlines()[-1].startswith("halocline: MongoDB refuses: Authentication failed")


def test_a_full_disk_of_mongodb_ends_the_run_before_the_file_is_stored(
    tmp_path: Path,
    settings: config.Settings,
    db: Database[dict[str, Any]],
    invoke: Callable[..., Result],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(disk_space, "_RESERVE_BYTES", 1 << 60)

    result = invoke(time_series(tmp_path / "a.nc"), settings=settings)

    assert isinstance(result.exception, RunFailed)
    assert str(result.exception).startswith("The disk of MongoDB is full: ")
    assert result.stdout == ""


def test_file_names_with_invalid_unicode_and_line_breaks_are_escaped(
    tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]]
) -> None:
    time_series(tmp_path / "plain.nc").rename(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\nstored    forged.nc"))
    (tmp_path / os.fsdecode(b"\xff\n.nc")).write_bytes(b"")

    dry, real = halocline("--dry-run", tmp_path), halocline("--json", tmp_path, settings=settings)

    lines, reports = dry.stdout.splitlines(), [json.loads(line) for line in real.stdout.splitlines()]
    assert [line.split()[0] for line in lines] == ["stored", "refused"]
    assert "caf\\udce9 stored forged.nc: made/20200913T1226 R" in lines[0]
    assert [report["outcome"] for report in reports] == ["stored", "refused"]
    names = sorted(doc["file_name"] for doc in db.imports.find())
    assert names == ["\\udcff .nc", "caf\\udce9 stored forged.nc"]
    assert db["originals.files"].distinct("filename") == names[1:]
