"""`halocline restore`: one line or JSON object a result; the exit status."""

import os
from datetime import UTC, datetime

from app.backup import restoration, restore_trial, retention, targets
from app.backup.manifest import Manifest
from app.backup.targets import Target
from app.commands import backup_lines
from app.config import Settings
from app.errors import RunFailed
from app.store import backup_records, connection
from app.store.backup_records import RestoreTestRecord
from app.tasks import lease

# A part of 16 MB is written or read within seconds: the deadline of a page request is too short.
_STORE_TIMEOUT_MS = 60_000
# Other processes on the machine have priority.
_NICENESS = 10


def restore(settings: Settings, target_name: str, name: str | None, into: str | None, as_json: bool) -> int:
    """Restore a backup, the newest one without `name`; 0. Raises HaloclineError."""
    target = targets.opened(target_name, settings)
    chosen = _chosen(target, name)
    destination = settings.model_copy(update={"mongodb_database": into or settings.mongodb_database})
    with connection.bound(destination, _STORE_TIMEOUT_MS, ping=True):
        restoration.restore(target, chosen)
    text = f"{chosen.name} restored into the database {destination.mongodb_database}: {chosen.documents} documents"
    backup_lines.write(
        {**backup_lines.fields(chosen), "kind": "restored", "into": destination.mongodb_database}, text, as_json
    )
    return 0


def restore_test(settings: Settings, target_name: str, name: str | None, as_json: bool) -> int:
    """Test a backup, print differences and record success: 0 without differences, else 1.

    Raises RunFailed while another restore test uses the same database, and HaloclineError.
    """
    os.nice(_NICENESS)
    target = targets.opened(target_name, settings)
    chosen = _chosen(target, name)
    database = restore_trial.database_of(settings.mongodb_database)
    trial = settings.model_copy(update={"mongodb_database": database})
    with lease.restore_test(settings) as is_held:
        if not is_held:
            raise RunFailed(
                "another restore test uses the database: wait for its end, or for a minute if it was killed"
            )
        with connection.bound(trial, _STORE_TIMEOUT_MS, ping=True):
            tested = restore_trial.run(target, chosen)
    for difference in tested.differences:
        backup_lines.write(difference.as_json(), difference.line(), as_json)
    if not tested.differences:
        with connection.bound(settings, _STORE_TIMEOUT_MS):
            backup_records.note_restore_test(RestoreTestRecord(datetime.now(UTC), chosen.name))
    count = len(tested.differences)
    text = (
        f"{chosen.name} restored and compared: {chosen.documents} documents, {tested.originals} original files and "
        f"{tested.missions} missions, {count or 'no'} difference{'' if count == 1 else 's'}"
    )
    fields = {"originals": tested.originals, "missions": tested.missions, "differences": count}
    backup_lines.write({**backup_lines.fields(chosen), "kind": "tested", **fields}, text, as_json)
    return 1 if tested.differences else 0


def _chosen(target: Target, name: str | None) -> Manifest:
    return retention.newest(target) if name is None else retention.read(target, name)
