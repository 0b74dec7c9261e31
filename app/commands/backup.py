"""`halocline backup` and `halocline restore`: one line or JSON object a result; the exit status."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from app.backup import creation, restoration, restore_trial, retention, targets, unfinished
from app.backup.manifest import Manifest
from app.backup.retention import Retention
from app.backup.targets import Target
from app.config import Settings
from app.store import backup_records, connection
from app.store.backup_records import BackupRecord, RestoreTestRecord

# A part of 16 MB is written or read within seconds: the deadline of a page request is too short.
_STORE_TIMEOUT_MS = 60_000
# Other processes on the machine have priority.
_NICENESS = 10
_MB = 1_000_000


def backup(settings: Settings, target_name: str, name: str | None, rules: Retention, as_json: bool) -> int:
    """Create a backup, record it, and delete old ones by the rules; 0. Raises HaloclineError."""
    os.nice(_NICENESS)
    target = targets.opened(target_name, settings, create=True)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        created = creation.create(target, name, settings.revision)
        made = created.manifest
        backup_records.note_backup(BackupRecord(made.consistent_at, made.name, made.stored_bytes))
    text = f"{_line(made)}; {_size(created.new_bytes)} of it new{', continued' if created.is_continued else ''}"
    _print({**_fields(made), "new_bytes": created.new_bytes}, text, as_json)
    if rules.is_set:
        pruned = retention.prune(target, rules, datetime.now(UTC))
        fields = {"kind": "deleted", "names": pruned.names, "parts": pruned.parts}
        _print(fields, f"old backups deleted: {len(pruned.names)}, parts: {pruned.parts}", as_json)
    return 0


def listed(settings: Settings, target_name: str, as_json: bool) -> int:
    """Print the backups of the target, newest first; 0. Raises HaloclineError. Does not use MongoDB."""
    target = targets.opened(target_name, settings)
    for each in retention.complete(target):
        _print(_fields(each), _line(each), as_json)
    for fields, line in _unfinished(target):
        _print(fields, line, as_json)
    return 0


def restore(settings: Settings, target_name: str, name: str | None, into: str | None, as_json: bool) -> int:
    """Restore a backup, the newest one without `name`; 0. Raises HaloclineError."""
    target = targets.opened(target_name, settings)
    chosen = _chosen(target, name)
    destination = settings.model_copy(update={"mongodb_database": into or settings.mongodb_database})
    with connection.bound(destination, _STORE_TIMEOUT_MS, ping=True):
        restoration.restore(target, chosen)
    text = f"{chosen.name} restored into the database {destination.mongodb_database}: {chosen.documents} documents"
    _print({**_fields(chosen), "kind": "restored", "into": destination.mongodb_database}, text, as_json)
    return 0


def restore_test(settings: Settings, target_name: str, name: str | None, as_json: bool) -> int:
    """Test a backup, print differences and record success: 0 without differences, else 1. Raises HaloclineError."""
    os.nice(_NICENESS)
    target = targets.opened(target_name, settings)
    chosen = _chosen(target, name)
    database = restore_trial.database_of(settings.mongodb_database)
    trial = settings.model_copy(update={"mongodb_database": database})
    with connection.bound(trial, _STORE_TIMEOUT_MS, ping=True):
        tested = restore_trial.run(target, chosen)
    for difference in tested.differences:
        _print(difference.as_json(), difference.line(), as_json)
    if not tested.differences:
        with connection.bound(settings, _STORE_TIMEOUT_MS):
            backup_records.note_restore_test(RestoreTestRecord(datetime.now(UTC), chosen.name))
    count = len(tested.differences)
    text = (
        f"{chosen.name} restored and compared: {chosen.documents} documents, {tested.originals} original files and "
        f"{tested.missions} missions, {count or 'no'} difference{'' if count == 1 else 's'}"
    )
    fields = {"originals": tested.originals, "missions": tested.missions, "differences": count}
    _print({**_fields(chosen), "kind": "tested", **fields}, text, as_json)
    return 1 if tested.differences else 0


def _chosen(target: Target, name: str | None) -> Manifest:
    return retention.newest(target) if name is None else retention.read(target, name)


def _unfinished(target: Target) -> Iterator[tuple[dict[str, Any], str]]:
    for state in unfinished.of(target):
        fields = {"kind": "unfinished", "name": state.name, "began_at": state.began_at, "parts": len(state.parts)}
        yield fields, f"{state.name}: unfinished, {len(state.parts)} parts"


def _fields(backup: Manifest) -> dict[str, Any]:
    return {
        "kind": "backup",
        "name": backup.name,
        "consistent_at": backup.consistent_at,
        "version": backup.version,
        "documents": backup.documents,
        "parts": len(backup.parts) + len(backup.changes),
        "bytes": backup.stored_bytes,
    }


def _line(backup: Manifest) -> str:
    return (
        f"{backup.name}: as of {backup.consistent_at:%Y-%m-%dT%H:%M:%SZ}, {backup.documents} documents in "
        f"{len(backup.parts) + len(backup.changes)} parts, {_size(backup.stored_bytes)}"
    )


def _size(count: int) -> str:
    return f"{count / _MB:.1f} MB"


def _print(fields: dict[str, Any], line: str, as_json: bool) -> None:
    text = orjson.dumps(fields, option=orjson.OPT_UTC_Z).decode() if as_json else line
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
