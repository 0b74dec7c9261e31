"""`halocline ingest` as people call it."""

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
from tests.made_files import time_series

ROOT = Path(__file__).parents[3]


def environment(settings: config.Settings | None) -> dict[str, str]:
    """The servers of the tests when settings are given, else an address without a server."""
    if settings is None:
        return {"MONGODB_URI": "mongodb://127.0.0.1:9"}
    return {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": settings.mongodb_database,
        "REDIS_URL": settings.redis_url,
    }


def halocline(*arguments: str | Path, settings: config.Settings | None = None) -> subprocess.CompletedProcess[str]:
    """Runs the command as a process."""
    command = [sys.executable, "-m", "app.cli", "ingest", *map(str, arguments)]
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **environment(settings)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def invoke(few_basins: Path) -> Callable[..., Result]:
    """Runs the command in this process, with a few sea areas. It closes the connections that `db` opened."""

    def run(*arguments: str | Path, settings: config.Settings | None = None) -> Result:
        env = {**environment(settings), "HALOCLINE_BASINS_DIR": str(few_basins)}
        return CliRunner().invoke(cli, ["ingest", *map(str, arguments)], env=env)

    return run


def test_a_folder_is_taken_in_with_one_line_a_file(
    tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]]
) -> None:
    (tmp_path / "deep").mkdir()
    time_series(tmp_path / "deep/a.nc")
    (tmp_path / "b.nc").write_bytes(b"")
    (tmp_path / "README.md").write_text("not data", encoding="utf-8")

    done = halocline(tmp_path, settings=settings)

    lines = done.stdout.splitlines()
    assert (done.returncode, len(lines)) == (1, 2)
    assert lines[0].startswith("refused   empty_file: b.nc: ")
    assert lines[1].startswith("stored ")
    assert "made/20200913T1226 R, 4 profiles, 1.9 km, Bornholm Basin" in lines[1]
    assert db.missions.count_documents({}) == 1


def test_json_has_one_object_a_line_with_the_promised_fields(
    tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]], invoke: Callable[..., Result]
) -> None:
    path = time_series(tmp_path / "a.nc")

    done = invoke("--json", path, settings=settings)

    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert list(report) == ["path", "outcome", "reason", "reason_code", "mission"]
    assert (report["path"], report["outcome"]) == (str(path), "stored")
    assert set(report["mission"]) == {
        "platform", "mission", "data_mode", "samples", "profiles", "distance_m", "max_depth_m", "vertical_m",
        "start_at", "end_at", "bbox", "basins", "warnings",
    }  # fmt: skip


def test_a_refusal_by_mode_still_says_what_the_file_alone_gives(
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
    done = invoke("--dry-run", "--json", time_series(tmp_path / "a.nc"))

    assert (done.exit_code, json.loads(done.stdout)["outcome"]) == (0, "stored")
    assert db.missions.count_documents({}) == 0


@pytest.mark.parametrize(
    "arguments", [(), ("gone.nc",), ("--mode", "X", __file__), ("--mission", "a/b", __file__), ("--what", __file__)]
)
def test_wrong_usage_is_status_2(invoke: Callable[..., Result], arguments: tuple[str, ...]) -> None:
    assert invoke("--dry-run", *arguments).exit_code == 2


def test_a_folder_without_data_is_wrong_usage(tmp_path: Path, invoke: Callable[..., Result]) -> None:
    done = invoke("--dry-run", tmp_path)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"halocline: no data file in {tmp_path}\n"


def test_a_store_that_is_away_is_said_in_one_line(tmp_path: Path) -> None:
    done = halocline(time_series(tmp_path / "a.nc"))

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "halocline: MongoDB is not available at the moment"
    assert "Traceback" not in done.stderr


def test_a_wrong_command_to_the_store_is_not_called_an_absent_store(tmp_path: Path, settings: config.Settings) -> None:
    uri = settings.mongodb_uri.replace("mongodb://", "mongodb://nobody:wrong@", 1)

    done = halocline(time_series(tmp_path / "a.nc"), settings=settings.model_copy(update={"mongodb_uri": uri}))

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("halocline: MongoDB refuses: Authentication failed")


def test_a_file_may_be_called_anything(tmp_path: Path, settings: config.Settings, db: Database[dict[str, Any]]) -> None:
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
