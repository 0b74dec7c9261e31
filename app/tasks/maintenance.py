"""Verification, backup and restore test, as their commands do them."""

from datetime import UTC, datetime

import structlog

from app import extensions
from app.backup import creation, restore_trial, retention, targets
from app.backup.retention import Retention
from app.config import Settings
from app.errors import Invalid, NotFound
from app.ingest.verify import verification
from app.store import backup_records, connection, indexes, verification_reads, verifications
from app.store.backup_records import BackupRecord, RestoreTestRecord
from app.tasks import lease
from app.tasks.attempts import STORE_TIMEOUT_MS, Busy, Call

# The log of a worker is no report: `halocline verify` prints all of them.
_MOST_LOGGED = 20

log = structlog.get_logger(__name__)


def verify(call: Call, pace: float) -> str:
    """Verify the whole store and record the result: `done`, `differences`, or `empty` without any data."""
    with connection.bound(call.settings, STORE_TIMEOUT_MS, ping=True):
        if verification_reads.is_empty():
            return "empty"
        indexes.ensure(extensions.mongo.db)
        result = verification.verify(None, sections=False, pace=pace)
        verifications.note(result.counts)
    for difference in result.differences[:_MOST_LOGGED]:
        log.warning("difference", line=difference.line())
    return "differences" if result.differences else "done"


def backup(call: Call, keep_days: float) -> str:
    """Back up to the target of the settings, and delete backups older than `keep_days`. Raises HaloclineError."""
    target = targets.opened(_target(call.settings), call.settings, create=True)
    with connection.bound(_account(call.settings), STORE_TIMEOUT_MS, ping=True):
        made = creation.create(target, None, call.settings.revision).manifest
        backup_records.note_backup(BackupRecord(made.consistent_at, made.name, made.stored_bytes))
    pruned = retention.prune(target, Retention(None, keep_days), datetime.now(UTC))
    log.info("backup_created", name=made.name, documents=made.documents, deleted=pruned.names)
    return "done"


def restore_test(call: Call) -> str:
    """Test the newest backup of the target: `done`, `differences`, or `empty` before the first backup.

    Raises Busy while `halocline restore --test` uses the same database.
    """
    settings = _account(call.settings)
    target = targets.opened(_target(settings), settings)
    try:
        chosen = retention.newest(target)
    except NotFound:
        return "empty"
    trial = settings.model_copy(update={"mongodb_database": restore_trial.database_of(settings.mongodb_database)})
    with lease.restore_test(settings) as is_held:
        if not is_held:
            raise Busy("a restore test by hand is running")
        with connection.bound(trial, STORE_TIMEOUT_MS, ping=True):
            tested = restore_trial.run(target, chosen)
    for difference in tested.differences[:_MOST_LOGGED]:
        log.warning("difference", line=difference.line())
    if tested.differences:
        return "differences"
    with connection.bound(settings, STORE_TIMEOUT_MS):
        backup_records.note_restore_test(RestoreTestRecord(datetime.now(UTC), chosen.name))
    return "done"


def _target(settings: Settings) -> str:
    if settings.backup_target is None:
        raise Invalid("HALOCLINE_BACKUP_TARGET", "is required for backups by schedule")
    return settings.backup_target


def _account(settings: Settings) -> Settings:
    """The settings with the account for backups, which may read everything and owns the database of restore tests."""
    uri = settings.backup_mongodb_uri
    return settings if uri is None else settings.model_copy(update={"mongodb_uri": uri})
