"""`halocline backup` and `halocline restore` through the command line: folders, damage, retention, continuation."""

import json
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from app.store import indexes
from tests.integration.backup.conftest import Run, documents, parts

Db = Database[dict[str, Any]]


def test_a_restored_database_equals_the_one_of_the_backup(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run
) -> None:
    made = halocline("backup", tmp_path / "backups")
    before = documents(stored) | {"backups": []}
    result = halocline("restore", tmp_path / "backups", "--into", restored.name)

    assert made.exit_code == 0, made.output
    assert result.exit_code == 0, result.output
    assert "restored into the database" in result.stdout
    assert documents(restored) == before
    assert indexes.missing(restored) == []
    validators = {entry["name"]: entry["options"].get("validator") for entry in restored.list_collections()}
    assert validators == {entry["name"]: entry["options"].get("validator") for entry in stored.list_collections()}
    assert restored.counters.find_one({"_id": "restore"}) is None


def test_a_restored_database_passes_the_verification(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    halocline("backup", tmp_path / "backups")
    halocline("restore", tmp_path / "backups", "--into", restored.name)
    monkeypatch.setenv("MONGODB_DATABASE", restored.name)

    result = halocline("verify", "--sections")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 missions")


def test_a_database_that_is_prepared_for_imports_counts_as_empty_and_an_older_backup_is_upgraded(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a release stored it that had no such counter.
    stored.counters.delete_one({"_id": "ts_contents"})
    halocline("backup", tmp_path / "backups")
    before = documents(stored) | {"backups": []}
    with monkeypatch.context() as patched:
        patched.setenv("MONGODB_DATABASE", restored.name)
        halocline("indexes")
    restored.backups.insert_one({"_id": "restore_test"})

    result = halocline("restore", tmp_path / "backups", "--into", restored.name)

    assert result.exit_code == 0, result.output
    after = documents(restored)
    assert [doc["_id"] for doc in after["counters"] if doc not in before["counters"]] == ["ts_contents"]
    assert after | {"counters": [], "derived_pending": []} == before | {"counters": [], "derived_pending": []}


def test_a_second_backup_stores_only_what_changed(tmp_path: Path, stored: Db, halocline: Run) -> None:
    halocline("backup", tmp_path / "backups", "--name", "first")
    before = len(parts(tmp_path / "backups"))
    stored.updates.update_one({}, {"$set": {"note": "changed"}})

    halocline("backup", tmp_path / "backups", "--name", "second")

    # The updates, and the record of the first backup.
    assert len(parts(tmp_path / "backups")) == before + 2
    listed = [json.loads(line) for line in halocline("backup", tmp_path / "backups", "--list", "--json").stdout.split()]
    assert [each["name"] for each in listed] == ["second", "first"]


def test_retention_deletes_old_backups_and_the_parts_that_only_they_use(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run
) -> None:
    target = tmp_path / "backups"
    halocline("backup", target, "--name", "first")
    stored.updates.update_one({}, {"$set": {"note": "changed"}})
    halocline("backup", target, "--name", "second")
    # As a process that is killed while it writes.
    leftover = target / "parts/ab/abc.bson.gz.unfinished"
    leftover.parent.mkdir(exist_ok=True)
    leftover.touch()

    result = halocline("backup", target, "--name", "third", "--keep", 1)

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].startswith("old backups deleted: 2, parts: ")
    assert [path.name for path in (target / "backups").iterdir()] == ["third"]
    manifest = json.loads((target / "backups/third/manifest.json").read_text())["manifest"]
    used = {part["sha256"] for part in (*manifest["parts"], *manifest["changes"])}
    assert {path.name.removesuffix(".bson.gz") for path in parts(target)} == used
    assert not leftover.exists()
    assert halocline("restore", target, "--into", restored.name).exit_code == 0


def test_the_newest_backup_is_never_deleted(tmp_path: Path, stored: Db, halocline: Run) -> None:
    halocline("backup", tmp_path / "backups", "--name", "first")

    result = halocline("backup", tmp_path / "backups", "--name", "second", "--keep-days", "0.01")

    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "backups/backups").iterdir())) == 2


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is damaged: its SHA-256 differs from its name"),
        (lambda data: data[:-1], "bytes instead of "),
    ],
    ids=["a flipped bit", "a truncated file"],
)
def test_damage_is_one_line_that_names_the_part(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run, damage: Any, problem: str
) -> None:
    halocline("backup", tmp_path / "backups")
    part = parts(tmp_path / "backups")[0]
    part.write_bytes(damage(part.read_bytes()))

    result = halocline("restore", tmp_path / "backups", "--into", restored.name)

    assert result.exit_code == 1, result.output
    line = result.stderr.splitlines()[-1]
    assert line.startswith(f"halocline: the part {part.relative_to(tmp_path / 'backups')} (")
    assert problem in line


def test_a_damaged_part_is_written_again_by_the_next_backup(
    tmp_path: Path, stored: Db, restored: Db, halocline: Run
) -> None:
    halocline("backup", tmp_path / "backups")
    part = next(path for path in parts(tmp_path / "backups") if path.stat().st_size > 1000)
    part.write_bytes(b"x" * part.stat().st_size)

    result = halocline("backup", tmp_path / "backups", "--name", "second")

    assert result.exit_code == 0, result.output
    assert halocline("restore", tmp_path / "backups", "second", "--into", restored.name).exit_code == 0


def test_a_damaged_manifest_is_reported_and_nothing_is_deleted(tmp_path: Path, stored: Db, halocline: Run) -> None:
    halocline("backup", tmp_path / "backups", "--name", "first")
    manifest = tmp_path / "backups/backups/first/manifest.json"
    manifest.write_text(manifest.read_text().replace('"documents": 2', '"documents": 3'))
    before = set(parts(tmp_path / "backups"))

    result = halocline("backup", tmp_path / "backups", "--keep", 1)

    assert result.exit_code == 1, result.output
    assert result.stderr.endswith("the manifest backups/first/manifest.json is damaged: its SHA-256 differs\n")
    assert set(parts(tmp_path / "backups")) >= before


def test_a_target_that_cannot_be_written_ends_with_status_3_and_names_the_file(
    tmp_path: Path, stored: Db, halocline: Run
) -> None:
    (tmp_path / "backups").mkdir()
    # Its entries cannot be created, also by root.
    (tmp_path / "backups/parts").symlink_to("/proc/self/fdinfo")

    result = halocline("backup", tmp_path / "backups")
    missing = halocline("backup", tmp_path / "no/such/folder")

    assert result.exit_code == 3, result.output
    assert "backups/parts/" in result.stderr.splitlines()[-1]
    assert "cannot be written: " in result.stderr
    assert (missing.exit_code, missing.stderr.count("\n")) == (3, 1)


def test_wrong_use_is_one_line_and_status_2(tmp_path: Path, db: Db, halocline: Run) -> None:
    empty = halocline("backup", tmp_path)
    unknown = halocline("restore", tmp_path, "20260101T000000Z")
    scheme = halocline("backup", "gs://bucket")

    assert [each.exit_code for each in (empty, unknown, scheme)] == [2, 2, 2]
    assert "is empty: check MONGODB_DATABASE" in empty.stderr
    assert unknown.stderr == "halocline: the target has no complete backup 20260101T000000Z\n"
    assert scheme.stderr == "halocline: target: must be a folder or s3://BUCKET/PREFIX\n"
    assert halocline("backup", tmp_path, "--name", "../up").exit_code == 2
