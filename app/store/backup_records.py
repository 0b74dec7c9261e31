"""The last complete backup and the last successful restore test: one document each, replaced by the next."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.extensions import mongo

_BACKUP, _RESTORE_TEST = "backup", "restore_test"


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """The moment whose state the backup holds, its name, and the stored size of its parts."""

    at: datetime
    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class RestoreTestRecord:
    """The end of the restore test, and the name of the backup."""

    at: datetime
    name: str


@dataclass(frozen=True, slots=True)
class BackupTimes:
    """The values of the metrics: times in seconds since 1970, sizes in bytes. None before the first one."""

    backup_s: float | None
    backup_bytes: int | None
    restore_test_s: float | None


def note_backup(record: BackupRecord) -> None:
    """Store this as the last backup."""
    _note(_BACKUP, asdict(record))


def note_restore_test(record: RestoreTestRecord) -> None:
    """Store this as the last successful restore test."""
    _note(_RESTORE_TEST, asdict(record))


def last() -> BackupTimes:
    """The last backup and the last restore test."""
    found = {doc["_id"]: doc for doc in mongo.db.backups.find({"_id": {"$in": [_BACKUP, _RESTORE_TEST]}}).limit(2)}
    backup, test = found.get(_BACKUP), found.get(_RESTORE_TEST)
    return BackupTimes(
        backup["at"].timestamp() if backup else None,
        int(backup["bytes"]) if backup else None,
        test["at"].timestamp() if test else None,
    )


def _note(key: str, fields: dict[str, Any]) -> None:
    mongo.db.backups.replace_one({"_id": key}, {"_id": key, **fields}, upsert=True)
