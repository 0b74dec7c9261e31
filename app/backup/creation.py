"""Create a backup: copy all collections while imports run, then the documents that changed meanwhile, in a snapshot.

A copy may take longer than MongoDB retains a snapshot. See docs/adr/0017-backups-follow-the-change-stream.md.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import bson
import structlog
from bson import json_util
from bson.raw_bson import RawBSONDocument
from bson.timestamp import Timestamp
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from app.backup import manifest, parts, unfinished
from app.backup.manifest import Manifest
from app.backup.parts import Part
from app.backup.targets import Target
from app.backup.unfinished import Unfinished
from app.errors import Conflict, RunFailed
from app.extensions import mongo
from app.store import backup_reads, changed_documents, restored_documents, verification_reads
from app.store.changed_documents import ChangedDocuments, HistoryLost

log = structlog.get_logger(__name__)

# The log of MongoDB must not overtake the reader, and a backup that is killed repeats this much.
_SAVE_EVERY_S = 10.0
# The keys of so many changed documents fit into a few megabytes.
_MOST_KEYS = 20_000
# So many documents are read long before MongoDB drops a snapshot after 5 minutes.
_FEW_KEYS = 1_000
_ROUNDS = 10
# A snapshot fails if a collection or an index has just been created, or if it is too old.
_NO_SNAPSHOT = (246, 239)
_TRIES = 5
_PAUSE_S = 1.0
# So many documents are in memory. Chunks of originals and samples are the largest, 0.26 MB in the real files.
_KEYS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Created:
    """A complete backup, and how much of it this run has stored; the rest was stored before."""

    manifest: Manifest
    new_bytes: int
    is_continued: bool


def create(target: Target, name: str | None, revision: str) -> Created:
    """Back up the bound database, or continue the last backup if it was killed less than a day ago.

    `name` is by default the time. Raises Conflict if a complete backup has the name or the database is not complete,
    RunFailed if MongoDB or the target fails, and pymongo's errors.
    """
    if verification_reads.is_empty():
        raise Conflict(f"the database {mongo.database} is empty: check MONGODB_DATABASE")
    if restored_documents.progress() is not None:
        raise Conflict(f"the database {mongo.database} is an incomplete restore: complete it first")
    if name is not None and target.get(manifest.path(name)) is not None:
        raise Conflict(f"a backup {name} exists")
    with backup_reads.session() as session:
        previous = _continuable(target, name)
        if previous is not None:
            try:
                return _Run(target, previous, session, revision, is_continued=True).complete()
            except HistoryLost as error:
                log.warning("backup_starts_again", name=previous.name, reason=str(error))
                unfinished.remove(target, previous.name)
        now = datetime.now(UTC)
        position = changed_documents.after(backup_reads.now(session))
        state = Unfinished(name or _free_name(target, now), mongo.database, now, position)
        return _Run(target, state, session, revision, is_continued=False).complete()


def _continuable(target: Target, name: str | None) -> Unfinished | None:
    """The newest unfinished backup of this database, unless one of its parts has vanished."""
    since = datetime.now(UTC) - unfinished.ABANDONED_AFTER
    own = [
        state
        for state in unfinished.of(target)
        if state.database == mongo.database
        and state.began_at >= since
        and name in (None, state.name)
        # Two runs at once have completed the same backup, and the slower one has stored its state again.
        and target.get(manifest.path(state.name)) is None
    ]
    if not own:
        return None
    newest = max(own, key=lambda state: state.began_at)
    if missing := missing_parts(target, [*newest.parts, *newest.changes]):
        log.warning("backup_starts_again", name=newest.name, reason=f"{missing[0].path} is missing")
        return None
    return newest


def _free_name(target: Target, now: datetime) -> str:
    """The time as a name, with a number if a backup of the same second exists."""
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    names = (stamp, *(f"{stamp}-{number}" for number in range(2, 100)))
    return next(name for name in names if target.get(manifest.path(name)) is None)


def missing_parts(target: Target, expected: Iterable[Part]) -> list[Part]:
    """The parts, among these, that the target does not have."""
    stored = set(target.names(parts.FOLDER))
    return [part for part in expected if part.path not in stored]


class _Run:
    """One run that completes a backup."""

    def __init__(
        self, target: Target, state: Unfinished, session: ClientSession, revision: str, is_continued: bool
    ) -> None:
        self._target, self._state, self._session = target, state, session
        self._revision = revision
        self._is_continued = is_continued
        self._new_bytes = 0
        self._saved_at_s = time.monotonic()

    def complete(self) -> Created:
        """Copy what is not stored yet, and write the manifest."""
        with ChangedDocuments(self._state.position, self._session) as changed:
            # At once: the end of the log may be near.
            changed.read()
            unfinished.save(self._target, self._state)
            log.info("backup_began", name=self._state.name, continued=self._is_continued)
            for collection in backup_reads.collections():
                if collection not in self._state.complete:
                    self._copy(collection, changed)
            result = self._finish(changed)
        if missing := missing_parts(self._target, [*result.parts, *result.changes]):
            raise RunFailed(f"{missing[0].path} has vanished from the target: run the backup again")
        self._target.put(manifest.path(result.name), manifest.to_bytes(result))
        unfinished.remove(self._target, result.name)
        return Created(result, self._new_bytes, self._is_continued)

    def _copy(self, collection: str, changed: ChangedDocuments) -> None:
        after = self._state.copied.get(collection)
        for run in parts.runs(backup_reads.documents(collection, after, self._session)):
            self._state.parts.append(self._stored(collection, run))
            self._state.copied[collection] = backup_reads.key(run.last)
            self._save(changed)
        self._state.complete.append(collection)

    def _save(self, changed: ChangedDocuments) -> None:
        if time.monotonic() - self._saved_at_s < _SAVE_EVERY_S:
            return
        changed.read()
        if len(changed) >= _MOST_KEYS:
            self._write_changes(changed)
        unfinished.save(self._target, self._state)
        log.info("backup_continues", name=self._state.name, parts=len(self._state.parts), new_bytes=self._new_bytes)
        self._saved_at_s = time.monotonic()

    def _write_changes(self, changed: ChangedDocuments) -> None:
        """Store the present state of the changed documents; later changes follow in a later round."""
        self._state.changes += self._changes(changed.keys(), self._session)
        changed.clear()
        self._state.position = changed.position

    def _finish(self, changed: ChangedDocuments) -> Manifest:
        """The manifest, with the documents that changed since the last round as of the moment of a snapshot."""
        for _ in range(_ROUNDS):
            changed.read()
            if len(changed) <= _FEW_KEYS:
                break
            self._write_changes(changed)
        for _ in range(_TRIES):
            try:
                with backup_reads.snapshot(backup_reads.now(self._session)) as (snapshot, moment):
                    changed.read(until=moment)
                    last = self._changes(changed.keys(), snapshot)
                    return self._manifest(snapshot, moment, last)
            except OperationFailure as error:
                if error.code not in _NO_SNAPSHOT:
                    raise
            time.sleep(_PAUSE_S)
        raise RunFailed("MongoDB has no snapshot of all collections: run the backup again")

    def _changes(self, keys: dict[str, list[Any]], session: ClientSession) -> list[Part]:
        return [
            self._stored(collection, run)
            for collection, of_collection in keys.items()
            for run in parts.runs(_changed(collection, of_collection, session))
        ]

    def _stored(self, collection: str, run: parts.Run) -> Part:
        part, data = parts.encoded(collection, run)
        if not self._target.holds(part.path, data):
            self._target.put(part.path, data)
            self._new_bytes += part.size
        return part

    def _manifest(self, snapshot: ClientSession, moment: Timestamp, last: list[Part]) -> Manifest:
        fleet = verification_reads.one("totals", "fleet", snapshot)
        return Manifest(
            name=self._state.name,
            began_at=self._state.began_at,
            consistent_at=moment.as_datetime(),
            ended_at=datetime.now(UTC),
            database=self._state.database,
            version=metadata.version("halocline"),
            revision=self._revision,
            mongodb=str(mongo.client.server_info()["version"]),
            counts={name: backup_reads.count(name, snapshot) for name in backup_reads.collections()},
            fleet=None if fleet is None else json_util.dumps(fleet, json_options=json_util.CANONICAL_JSON_OPTIONS),
            parts=tuple(self._state.parts),
            changes=(*self._state.changes, *last),
        )


def _changed(collection: str, keys: list[Any], session: ClientSession) -> Iterator[bytes]:
    """One document for each key: `_id`, and `document` unless it no longer exists."""
    for first in range(0, len(keys), _KEYS_AT_ONCE):
        some = keys[first : first + _KEYS_AT_ONCE]
        found = {
            bson.encode({"_id": backup_reads.key(raw)}): raw for raw in backup_reads.by_keys(collection, some, session)
        }
        for key in some:
            raw = found.get(bson.encode({"_id": key}))
            yield bson.encode({"_id": key} if raw is None else {"_id": key, "document": RawBSONDocument(raw)})
