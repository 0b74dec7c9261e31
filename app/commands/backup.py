"""`halocline backup`: one line or JSON object a result; the exit status."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from app.backup import creation, retention, targets, unfinished
from app.backup.retention import Retention
from app.backup.targets import Target
from app.commands import backup_lines
from app.config import Settings
from app.store import backup_records, connection
from app.store.backup_records import BackupRecord

# A part of 16 MB is written or read within seconds: the deadline of a page request is too short.
_STORE_TIMEOUT_MS = 60_000
# Other processes on the machine have priority.
_NICENESS = 10


def backup(settings: Settings, target_name: str, name: str | None, rules: Retention, as_json: bool) -> int:
    """Create a backup, record it, and delete old ones by the rules; 0. Raises HaloclineError."""
    os.nice(_NICENESS)
    target = targets.opened(target_name, settings, create=True)
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        created = creation.create(target, name, settings.revision)
        made = created.manifest
        suffix = ", continued" if created.is_continued else ""
        text = f"{backup_lines.line(made)}; {backup_lines.size(created.new_bytes)} of it new{suffix}"
        # Before the record, which fails if the account lacks the right: the backup is complete all the same.
        backup_lines.write({**backup_lines.fields(made), "new_bytes": created.new_bytes}, text, as_json)
        backup_records.note_backup(BackupRecord(made.consistent_at, made.name, made.stored_bytes))
    if rules.is_set:
        pruned = retention.prune(target, rules, datetime.now(UTC))
        fields = {"kind": "deleted", "names": pruned.names, "parts": pruned.parts}
        backup_lines.write(fields, f"old backups deleted: {len(pruned.names)}, parts: {pruned.parts}", as_json)
    return 0


def listed(settings: Settings, target_name: str, as_json: bool) -> int:
    """Print the backups of the target, newest first; 0. Raises HaloclineError. Does not use MongoDB."""
    target = targets.opened(target_name, settings)
    for each in retention.complete(target):
        backup_lines.write(backup_lines.fields(each), backup_lines.line(each), as_json)
    for fields, line in _unfinished(target):
        backup_lines.write(fields, line, as_json)
    return 0


def _unfinished(target: Target) -> Iterator[tuple[dict[str, Any], str]]:
    for state in unfinished.of(target):
        fields = {"kind": "unfinished", "name": state.name, "began_at": state.began_at, "parts": len(state.parts)}
        yield fields, f"{state.name}: unfinished, {len(state.parts)} parts"
