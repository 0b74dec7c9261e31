"""Restore a backup into an empty database: documents first, then indexes and validators as `halocline indexes` does."""

import hashlib
from datetime import UTC, datetime

import pymongo
import structlog
from bson import json_util

from app import events
from app.backup import manifest, parts
from app.backup.damage import Damaged
from app.backup.manifest import Manifest
from app.backup.parts import Part
from app.backup.targets import Target
from app.errors import Conflict
from app.extensions import mongo
from app.store import (
    backup_reads,
    change_log,
    disk_space,
    indexes,
    restored_documents,
    transactions,
    verification_reads,
)

log = structlog.get_logger(__name__)

# Pages show a mission when its profiles and samples are there, and no total before its missions.
_LAST = ("platforms", "missions", "totals", "counters")
# Indexes of a large store take minutes, of the largest known archive half an hour.
_INDEXES_TIMEOUT_S = 4 * 3600
# A killed restore repeats so many parts, which changes nothing.
_NOTE_EVERY = 10


def restore(target: Target, backup: Manifest) -> None:
    """Restore the backup into the bound database and invalidate all cached pages. Raises as `load` does."""
    load(target, backup)
    restored_documents.clear_progress()
    # Every page of stored data depends on the tag `basins`.
    events.announce(transactions.run(lambda session: change_log.append(("basins",), datetime.now(UTC), session)))
    log.info("restore_complete", name=backup.name, database=mongo.database)


def load(target: Target, backup: Manifest) -> None:
    """Store everything but the end of the restore: the database stays marked as incomplete.

    Continues a restore of the same backup that was killed. Raises Conflict if the database has other data, Damaged if
    the backup cannot be restored, RunFailed if the target fails or the disk of MongoDB is too small, and pymongo's
    errors.
    """
    digest = hashlib.sha256(manifest.to_bytes(backup)).hexdigest()
    done = _begin(digest)
    steps = _steps(backup)
    log.info("restore_began", name=backup.name, database=mongo.database, parts=len(steps), done=done)
    disk_space.DiskSpace().require(sum(part.size for part, _ in steps[done:]))
    for number, (part, is_change) in enumerate(steps):
        if number < done:
            continue
        documents = parts.decoded(part, _read(target, part))
        if is_change:
            restored_documents.apply(part.collection, documents)
        else:
            restored_documents.put(part.collection, documents)
        if (number + 1) % _NOTE_EVERY == 0:
            restored_documents.note_progress(digest, number + 1)
    # Before the indexes, with which later releases may store more documents.
    _compare(backup)
    with pymongo.timeout(_INDEXES_TIMEOUT_S):
        indexes.ensure(mongo.db)


def _begin(digest: str) -> int:
    """The number of parts that an earlier run has restored; 0 in an empty database."""
    mark = restored_documents.progress()
    if mark is not None and mark["manifest"] == digest:
        return int(mark["done"])
    if mark is not None:
        raise Conflict(f"the database {mongo.database} is an incomplete restore of another backup: drop it first")
    if (collection := restored_documents.first_document()) is not None:
        raise Conflict(
            f"the database {mongo.database} is not empty ({collection} has documents): drop it first, or name an empty "
            "one with --into"
        )
    restored_documents.note_progress(digest, 0)
    restored_documents.remove_first_documents()
    return 0


def _steps(backup: Manifest) -> list[tuple[Part, bool]]:
    """The parts in the order of the restore; True for changes, which come after all documents."""
    of_documents = sorted(
        backup.parts, key=lambda part: _LAST.index(part.collection) if part.collection in _LAST else -1
    )
    return [*((part, False) for part in of_documents), *((part, True) for part in backup.changes)]


def _read(target: Target, part: Part) -> bytes:
    data = target.get(part.path)
    if data is None:
        raise Damaged(f"the part {part.path} ({part.collection}) is missing")
    return data


def _compare(backup: Manifest) -> None:
    """Raises Damaged if the numbers of documents or the totals of the fleet differ from those of the backup."""
    for collection, count in backup.counts.items():
        restored = restored_documents.count(collection)
        # The mark of this restore is one document more.
        expected = count + (collection == restored_documents.MARKED)
        if restored != expected and collection not in restored_documents.EXPIRING:
            raise Damaged(f"{collection} has {restored} documents after the restore instead of {expected}")
    with backup_reads.session() as session:
        fleet = verification_reads.one("totals", "fleet", session)
    options = json_util.CANONICAL_JSON_OPTIONS
    if backup.fleet != (None if fleet is None else json_util.dumps(fleet, json_options=options)):
        raise Damaged("the totals of the fleet differ from those of the backup")
