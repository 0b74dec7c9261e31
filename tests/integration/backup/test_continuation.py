"""Backups and restores that were killed: the next run continues them, or begins again where that is not possible."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.backup import creation, folder
from app.store import backup_reads
from tests.integration.backup.conftest import Run, documents, parts

Db = Database[dict[str, Any]]
Kill = Callable[[Path], None]


class Killed(BaseException):
    """Ends the command as a signal does."""


@pytest.fixture
def kill(halocline: Run, monkeypatch: pytest.MonkeyPatch) -> Kill:
    """Run a backup `killed` to a folder that ends at the twelfth file that it writes."""

    def run(target: Path) -> None:
        put = folder.Folder.put
        names: list[str] = []

        def put_until_killed(self: folder.Folder, name: str, data: bytes) -> None:
            names.append(name)
            if len(names) == 12:
                raise Killed
            put(self, name, data)

        with monkeypatch.context() as patched:
            patched.setattr(creation, "_SAVE_EVERY_S", 0.0)
            patched.setattr(folder.Folder, "put", put_until_killed)
            with pytest.raises(Killed):
                halocline("backup", target, "--name", "killed")

    return run


def test_a_killed_backup_is_continued(tmp_path: Path, stored: Db, restored: Db, halocline: Run, kill: Kill) -> None:
    kill(tmp_path / "backups")
    incomplete = halocline("restore", tmp_path / "backups", "--into", restored.name)
    listed = halocline("backup", tmp_path / "backups", "--list")
    before = set(parts(tmp_path / "backups"))
    # Both are in collections that the killed run has copied.
    stored.basins.update_one({}, {"$set": {"name": "renamed"}})
    stored.basins.delete_one({"name": {"$ne": "renamed"}})

    result = halocline("backup", tmp_path / "backups", "--json")

    assert incomplete.exit_code == 2
    assert incomplete.stderr == "halocline: the target has no complete backup\n"
    assert listed.stdout.startswith("killed: unfinished, ")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["name"] == "killed"
    manifest = json.loads((tmp_path / "backups/backups/killed/manifest.json").read_text())["manifest"]
    assert {part["sha256"] for part in manifest["parts"]} >= {path.name.removesuffix(".bson.gz") for path in before}
    assert [part["collection"] for part in manifest["changes"]] == ["basins"]
    content = documents(stored)
    assert halocline("restore", tmp_path / "backups", "--into", restored.name).exit_code == 0
    assert documents(restored)["basins"] == content["basins"]


def test_a_killed_backup_begins_again_if_the_log_of_mongodb_no_longer_has_its_start(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, kill: Kill
) -> None:
    target = tmp_path / "backups"
    kill(target)
    state = target / "backups/killed/unfinished.json"
    fields = json.loads(state.read_text())
    with stored.watch() as stream:
        stored.basins.update_one({}, {"$set": {"name": "renamed"}})
        token = stream.next()["_id"]["_data"]
    # The same change, but in 2001: the log does not have it.
    fields["position"] = {"resume_after": {"_data": f"{token[:2]}3B9ACA00{token[10:]}"}}
    state.write_text(json.dumps(fields))

    result = halocline("backup", target)

    assert result.exit_code == 0, result.output
    assert "The log of MongoDB (oplog) no longer has the changes" in result.stderr
    assert not state.exists()
    assert halocline("restore", target, "--into", restored.name).exit_code == 0


def test_a_killed_backup_begins_again_if_one_of_its_parts_has_vanished(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, kill: Kill
) -> None:
    kill(tmp_path / "backups")
    parts(tmp_path / "backups")[0].unlink()

    result = halocline("backup", tmp_path / "backups")

    assert result.exit_code == 0, result.output
    assert "backup_starts_again" in result.stderr
    assert halocline("restore", tmp_path / "backups", "--into", restored.name).exit_code == 0


def test_a_collection_that_is_dropped_meanwhile_ends_the_backup_and_the_next_one_begins_again(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    collections = backup_reads.collections

    def collections_and_drop() -> list[str]:
        stored.facets.drop()
        return collections()

    with monkeypatch.context() as patched:
        patched.setattr(backup_reads, "collections", collections_and_drop)
        failed = halocline("backup", tmp_path / "backups")

    result = halocline("backup", tmp_path / "backups")

    assert failed.exit_code == 3
    assert failed.stderr.splitlines()[-1].startswith("halocline: facets was dropped or renamed while the backup")
    assert result.exit_code == 0, result.output
    assert halocline("restore", tmp_path / "backups", "--into", restored.name).exit_code == 0


def test_a_database_that_is_an_incomplete_restore_is_not_backed_up(tmp_path: Path, stored: Db, halocline: Run) -> None:
    stored.counters.insert_one({"_id": "restore", "manifest": "killed", "done": 3})

    result = halocline("backup", tmp_path / "backups")

    assert result.exit_code == 2
    assert "is an incomplete restore: complete it first" in result.stderr


def test_a_killed_restore_is_continued_and_hides_no_other_data(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backups"
    halocline("backup", target, "--name", "first")
    halocline("backup", target, "--name", "second")
    vanished = parts(target)[3]
    content = vanished.read_bytes()
    vanished.unlink()
    failed = halocline("restore", target, "second", "--into", restored.name)
    vanished.write_bytes(content)

    other = halocline("restore", target, "first", "--into", restored.name)
    result = halocline("restore", target, "second", "--into", restored.name)
    again = halocline("restore", target, "second", "--into", restored.name)

    assert failed.exit_code == 1
    assert f"the part {vanished.relative_to(target)} (" in failed.stderr
    assert failed.stderr.endswith(") is missing\n")
    assert (other.exit_code, "an incomplete restore of another backup" in other.stderr) == (2, True)
    assert result.exit_code == 0, result.output
    assert documents(restored)["profiles"] == documents(stored)["profiles"]
    assert (again.exit_code, "is not empty" in again.stderr) == (2, True)
