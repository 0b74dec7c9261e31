"""Uploads, from their arrival to the queue, and the decisions of operators about those in quarantine.

The queue needs Celery, which the web image does not contain: it is loaded when the first file is queued.
"""

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

import structlog
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from app.config import Settings
from app.domain.api_keys import Key
from app.domain.audit import Actor
from app.domain.uploads import Decision, Upload
from app.errors import Conflict, NotFound, TooMany, Unavailable
from app.store import audit, kept_files, spool, spool_stream, transactions
from app.store import uploads as stored
from app.store.spool_stream import Received
from app.tasks import broker
from app.telemetry import upload_metrics

# The broker answers within milliseconds; the client waits meanwhile.
_BROKER_TIMEOUT_S = 2

# Of one key: a file remains in MongoDB until the decision. An operator decides about as many in a day.
_MOST_UNDECIDED = 100
# Of one key, in files of the largest size: a client sends faster than workers import, or than operators decide.
_MOST_PENDING = 4
# At once; the next recovery continues.
_MOST_EXPIRED = 1_000
_EXPIRY = Actor("task", "recover")

log = structlog.get_logger(__name__)


def require_room(settings: Settings, key_id: str, size_bytes: int, has_quarantine: bool) -> None:
    """Raises Unavailable without a queue, TooMany if the files that wait for their import reach the limits of a key."""
    if settings.redis_broker_url is None:
        raise Unavailable("the queue of imports (REDIS_BROKER_URL is not set)")
    if has_quarantine and stored.count_undecided(key_id, _MOST_UNDECIDED) >= _MOST_UNDECIDED:
        raise TooMany(f"{_MOST_UNDECIDED} uploads with this API key wait for the decision of an operator.")
    pending_bytes = spool.pending_bytes(key_id)
    if pending_bytes + size_bytes > _MOST_PENDING * settings.max_file_bytes:
        raise TooMany(f"Files with {pending_bytes} bytes of this API key wait for their import; try again later.")


def accept(upload: Upload, file: Received) -> tuple[Upload, bool]:
    """Store the upload with its file and its task; the upload, and True if it is new.

    If there is an upload with this id, that one is returned and nothing is stored, unless it can run again.
    """

    def store(session: ClientSession) -> None:
        existing = stored.find(upload.id, session)
        if existing is not None and can_run_again(existing, session):
            # Of two files at once, the second one finds a new upload here.
            stored.replace(upload, session)
        else:
            stored.put(upload, session)
        spool_stream.keep(file, upload.key_id, session)
        spool.note_task(upload.spool_id, upload.id, arguments(upload), session)
        detail = f"{upload.file_name}, {upload.bytes} bytes, SHA-256 {upload.sha256}"
        action = "upload for a dry run" if upload.dry_run else "upload"
        reason = upload.options.reason
        audit.append(
            upload.actor, action, upload.id, "done", upload.received_at, reason=reason, detail=detail, session=session
        )

    try:
        transactions.run(store)
    except DuplicateKeyError:
        if (existing := stored.find(upload.id)) is not None:
            return existing, False
        raise
    return upload, True


def can_run_again(upload: Upload, session: ClientSession | None = None) -> bool:
    """True for a dry run that is done, and whose file is neither kept nor imported: its client may send it again."""
    return (
        upload.dry_run
        and upload.state == "done"
        and not kept_files.is_stored(upload, datetime.now(UTC), session)
        and stored.find(import_id(upload), session) is None
    )


def import_id(checked: Upload) -> str:
    """The id of the import of a dry run: the same for each repetition."""
    return hashlib.sha256(f"import of {checked.id}".encode()).hexdigest()[:32]


def arguments(upload: Upload) -> dict[str, Any]:
    """The arguments of the task that imports the file: a dry run for one in quarantine, before it is approved."""
    is_dry = upload.dry_run or (upload.has_quarantine and upload.decision is None)
    named = {
        **asdict(upload.options),
        "shorter": upload.options.shorter or None,
        "provider": upload.provider,
        "actor": asdict(upload.actor),
        "dry_run": is_dry or None,
    }
    given = {name: value for name, value in named.items() if value is not None}
    return {"files": [{"id": upload.spool_id, "name": upload.file_name}], "upload": upload.id, **given}


def queued(settings: Settings, upload: Upload) -> Upload:
    """Queue the task of a received upload; its present state. Without the broker, `recover` queues it later."""
    queue = import_module("app.tasks.queue")
    try:
        queue.send(_celery(settings), "import", broker.IMPORTS, arguments(upload), upload.id)
    except Unavailable as error:
        upload_metrics.uploads_not_queued.inc()
        log.warning("upload_not_queued", upload=upload.id, error=str(error))
    else:
        stored.note_queued(upload.id)
    return found(upload.id)


@cache
def _celery(settings: Settings) -> Any:
    app = import_module("app.tasks.queue").celery_app(settings)
    short = {"socket_timeout": _BROKER_TIMEOUT_S, "socket_connect_timeout": _BROKER_TIMEOUT_S}
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, **short}
    return app


def found(upload_id: str, key: Key | None = None) -> Upload:
    """The upload. Raises NotFound if there is none, or if the key may not read it.

    An importer's key reads what it has sent; an operator's key that is limited to a provider, also what keys of this
    provider have sent.
    """
    upload = stored.find(upload_id)
    if upload is None or not (key is None or key.id == upload.key_id or _is_operator_of(key, upload)):
        raise NotFound(f"There is no upload {upload_id}.")
    return upload


def _is_operator_of(key: Key, upload: Upload) -> bool:
    return key.has_role("operator") and key.provider in (None, upload.provider)


def decide(settings: Settings, upload_id: str, decision: Decision, key: Key, reason: str | None) -> Upload:
    """Let the import of an upload in quarantine run, or reject it; repeated, nothing happens.

    Raises NotFound, and Conflict if the upload does not wait for a decision or another one was made.
    """
    if not _decide(found(upload_id, key), decision, key.actor, datetime.now(UTC), reason):
        return _decided_before(found(upload_id, key), decision)
    upload = found(upload_id, key)
    return queued(settings, upload) if decision == "approved" else upload


def expire(settings: Settings, now: datetime) -> int:
    """Reject the uploads about which no operator has decided in time; returns their number."""
    before = now - timedelta(days=settings.upload_quarantine_days)
    return sum(
        _decide(upload, "rejected", _EXPIRY, now, "expired") for upload in stored.waiting_since(before, _MOST_EXPIRED)
    )


def _decide(upload: Upload, decision: Decision, actor: Actor, at: datetime, reason: str | None) -> bool:
    """Store the decision; False if the upload does not wait for one. The file of a rejected upload is deleted."""

    def store(session: ClientSession) -> bool:
        if not stored.decide(upload.id, decision, actor, at, reason, session):
            return False
        name = {"approved": "approve upload", "rejected": "reject upload"}[decision]
        audit.append(actor, name, upload.id, "done", at, reason=reason, detail=upload.file_name, session=session)
        if decision == "approved":
            decided = stored.find(upload.id, session) or upload
            spool.note_task(upload.spool_id, upload.id, arguments(decided), session)
        return True

    if not transactions.run(store):
        return False
    if decision == "rejected":
        spool.delete(upload.spool_id)
    return True


def _decided_before(upload: Upload, decision: Decision) -> Upload:
    if upload.decision is None:
        raise Conflict(f"The upload is {upload.state}: it does not wait for an operator.")
    if upload.decision != decision:
        raise Conflict(f"The upload was {upload.decision} already.")
    return upload
