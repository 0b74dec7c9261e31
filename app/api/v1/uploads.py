"""Uploads: files that clients with an API key send, and the state of their import. Each request needs a key."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import ClientDisconnected

from app import portal
from app.api.v1 import key_uses, responses
from app.api.v1.openapi import keyed
from app.api.v1.upload_models import ImportParameters, RejectionParameters, UploadList, UploadParameters, UploadStatus
from app.config import Settings
from app.domain.api_keys import Key
from app.domain.uploads import Upload
from app.errors import (
    Forbidden,
    HaloclineError,
    Invalid,
    Mismatch,
    NoLength,
    NotFound,
    Overloaded,
    RunFailed,
    TooLarge,
    Unauthenticated,
    Unavailable,
    WrongType,
)
from app.http import api_urls, rate_limits, upload_slots
from app.queries import api_keys, clock
from app.server.request_body import BodyFailed
from app.store import kept_files, spool_stream
from app.store import uploads as stored
from app.store.spool_stream import Received
from app.tasks import checked_uploads, uploads
from app.telemetry import upload_metrics

bp = Blueprint("uploads", __name__)

_WRITES = frozenset({"POST", "PUT"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_SHA256 = re.compile(r"[0-9a-f]{64}")
# An operator decides about files one by one; further ones follow.
_MOST_WAITING = 200
_DEFAULT_PORTS = {"http": 80, "https": 443}
_FILE = {
    "required": True,
    "description": "The file as it is, not as a form. `Content-Length` must announce its size.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}
_BODY_PROBLEMS = (408, 411, 413, 415)


@bp.before_request
def admit() -> None:
    """Raises NotFound, Forbidden, Unauthenticated and TooMany before the query and the body are read."""
    settings = portal.current().settings
    if not settings.uploads:
        raise NotFound("This portal accepts no uploads here.")
    if request.method in _WRITES and _is_of_another_site(settings):
        raise Forbidden("A page of another site may not send this request.")
    now = clock.now()
    try:
        key = api_keys.authenticate(request.headers.get("Authorization"), "importer", now)
    except Unauthenticated:
        if "Authorization" in request.headers:
            rate_limits.count_wrong_key()
        raise
    if request.method in _WRITES:
        key_uses.note(key.id, now)
    g.key = key


@bp.post("/imports")
@keyed(UploadStatus, "uploads", UploadParameters, 202, _BODY_PROBLEMS, _FILE)
def create(query: UploadParameters) -> Response:
    """Send a file, which is imported soon. `Location` is the address of its state."""
    return _accepted(_received(query, uuid4().hex))


@bp.put("/imports/<upload>")
@keyed(UploadStatus, "uploads", UploadParameters, 202, (*_BODY_PROBLEMS, 422), _FILE)
def put(upload: str, query: UploadParameters) -> Response:
    """Send a file with this SHA-256. Repeated with the same key and options, it returns the upload that exists.

    A dry run runs again if it was not imported and its file is no longer kept (`kept_until` is null).
    """
    if not _SHA256.fullmatch(upload):
        raise Invalid("upload", "must be the SHA-256 of the file, 64 hexadecimal digits in lower case")
    upload_id = _id_of(upload, query)
    existing = stored.find(upload_id)
    if existing is not None and not uploads.can_run_again(existing):
        upload_metrics.uploads.labels("repeated").inc()
        return _accepted(existing)
    return _accepted(_received(query, upload_id, upload))


@bp.get("/imports/<upload>")
@keyed(UploadStatus, "uploads")
def status(upload: str) -> Response:
    """The state of an upload, with its result. An importer's key reads its own uploads, an operator's key all."""
    return _described(uploads.found(upload, _key()))


@bp.post("/imports/<upload>/import")
@keyed(UploadStatus, "uploads", ImportParameters, 202, (409, 410))
def import_checked(upload: str, query: ImportParameters) -> Response:
    """Import the file of a dry run that is done, without a second upload. The request has no body.

    The import is a resource of its own, whose address is in `Location`. Repeated, it returns the import that exists.
    """
    with _counted():
        if request.content_length:
            raise Invalid("body", "must be empty: the file of the dry run is imported")
        settings = portal.current().settings
        checked = uploads.found(upload, _key())
        options = query.options_after(checked.options)
        if options.reason is not None:
            _require_operator()
        imported, is_new = checked_uploads.import_of(checked, options), False
        if imported is None:
            has_quarantine = _has_quarantine(settings, dry_run=False)
            uploads.require_room(settings, checked.key_id, checked.bytes, has_quarantine)
            imported, is_new = checked_uploads.accept(checked, options, _key(), has_quarantine)
        upload_metrics.uploads.labels("received" if is_new else "repeated").inc()
    return _accepted(uploads.queued(settings, imported) if is_new else imported)


@bp.get("/imports/waiting")
@keyed(UploadList, "uploads")
def waiting() -> Response:
    """The uploads in quarantine that wait for an operator, oldest first, 200 at most. For operators' keys.

    A key that is limited to a provider gets those of this provider.
    """
    _require_operator()
    items = [UploadStatus.of(upload) for upload in stored.waiting(_key().provider, _MOST_WAITING)]
    return _not_stored(responses.json(UploadList(items=items).model_dump()))


@bp.post("/imports/<upload>/approve")
@keyed(UploadStatus, "uploads", status=202, problems=(409,))
def approve(upload: str) -> Response:
    """Import an upload that waits in quarantine. For operators' keys; repeated, nothing happens."""
    _require_operator()
    return _accepted(uploads.decide(portal.current().settings, upload, "approved", _key(), None))


@bp.post("/imports/<upload>/reject")
@keyed(UploadStatus, "uploads", RejectionParameters, problems=(409,))
def reject(upload: str, query: RejectionParameters) -> Response:
    """Delete an upload that waits in quarantine. For operators' keys; repeated, nothing happens."""
    _require_operator()
    return _described(uploads.decide(portal.current().settings, upload, "rejected", _key(), query.reason))


def _received(query: UploadParameters, upload_id: str, sha256: str | None = None) -> Upload:
    """Receive the file, store it and queue its import. Raises Mismatch if it has another SHA-256 than this one."""
    with _counted():
        settings = portal.current().settings
        size_bytes = _size(settings)
        if query.replace is not None:
            _require_operator()
        uploads.require_room(settings, _key().id, size_bytes, _has_quarantine(settings, query.dry_run))
        try:
            spool_stream.require_space(size_bytes)
            # Werkzeug's stream ends with the announced length. Its declared type lacks `readinto`.
            stream: Any = request.stream
            with (
                upload_metrics.uploads_in_progress.track_inprogress(),
                upload_slots.held(_key().id, settings.uploads),
                spool_stream.received(stream.readinto, query.file_name) as file,
            ):
                if sha256 not in (None, file.sha256):
                    raise Mismatch("hash_mismatch", f"The SHA-256 of the content is {file.sha256}.")
                upload, is_new = uploads.accept(_upload(upload_id, query, file, settings), file)
        except RunFailed as error:
            raise Overloaded(str(error)) from error
        upload_metrics.uploads.labels("received" if is_new else "repeated").inc()
        upload_metrics.upload_bytes.inc(file.size_bytes)
    return uploads.queued(settings, upload) if is_new else upload


@contextmanager
def _counted() -> Iterator[None]:
    """Count an upload that fails by its cause."""
    try:
        yield
    except (BodyFailed, ClientDisconnected):
        upload_metrics.uploads.labels("broken").inc()
        raise
    except (Overloaded, Unavailable):
        upload_metrics.uploads.labels("failed").inc()
        raise
    except HaloclineError:
        upload_metrics.uploads.labels("refused").inc()
        raise
    except Exception:
        upload_metrics.uploads.labels("failed").inc()
        raise


def _size(settings: Settings) -> int:
    """The announced size of the body. Raises WrongType, NoLength, TooLarge and Invalid."""
    if request.mimetype in _FORMS:
        raise WrongType("Send the file as it is: Content-Type: application/octet-stream.")
    if request.content_length is None:
        raise NoLength("The header Content-Length must announce the size of the file.")
    if request.content_length > settings.max_file_bytes:
        raise TooLarge(f"The file has more than {settings.max_file_bytes} bytes.")
    if not request.content_length:
        raise Invalid("body", "is empty")
    return request.content_length


def _upload(upload_id: str, query: UploadParameters, file: Received, settings: Settings) -> Upload:
    key = _key()
    return Upload(
        id=upload_id,
        file_name=query.file_name,
        sha256=file.sha256,
        bytes=file.size_bytes,
        dry_run=query.dry_run,
        has_quarantine=_has_quarantine(settings, query.dry_run),
        received_at=clock.now(),
        state="received",
        key_id=key.id,
        actor=key.actor,
        provider=key.provider,
        options=query.options(),
        spool_id=file.id,
    )


def _has_quarantine(settings: Settings, dry_run: bool) -> bool:
    """True if the file waits for an operator after its dry run."""
    return settings.upload_quarantine and not dry_run and not _key().has_role("operator")


def _id_of(sha256: str, query: UploadParameters) -> str:
    """The id of the upload of this content by this key with these options: the same for each repetition."""
    text = orjson.dumps([_key().id, sha256, query.dry_run, asdict(query.options())])
    return hashlib.sha256(text).hexdigest()[:32]


def _key() -> Key:
    key: Key = g.key
    return key


def _require_operator() -> None:
    if not _key().has_role("operator"):
        raise Forbidden("This needs an API key with the role operator.")


def _is_of_another_site(settings: Settings) -> bool:
    """True if a browser sends the request for a page of another origin."""
    origin = request.headers.get("Origin")
    own = [request.host_url, *([str(settings.public_url)] if settings.public_url else [])]
    return origin is not None and _origin(origin) not in map(_origin, own)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return "", None, None


def _described(upload: Upload) -> Response:
    return _not_stored(responses.json(UploadStatus.of(upload, kept_files.kept_until(upload)).model_dump()))


def _not_stored(response: Response) -> Response:
    # It changes within seconds, and is of one client.
    response.headers["Cache-Control"] = "no-store"
    return response


def _accepted(upload: Upload) -> Response:
    response = _described(upload)
    response.status_code = 202
    response.headers["Location"] = api_urls.path("imports", upload.id)
    return response
