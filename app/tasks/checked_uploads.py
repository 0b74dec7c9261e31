"""Imports of files that a dry run has checked: the bytes of its upload are kept, and imported from there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pymongo.client_session import ClientSession

from app.domain.api_keys import Key
from app.domain.uploads import Upload, UploadOptions
from app.errors import Conflict, Gone
from app.store import audit, kept_files, transactions
from app.store import uploads as stored
from app.tasks import uploads

_HOUR = timedelta(hours=1)


def import_of(checked: Upload, options: UploadOptions) -> Upload | None:
    """The import of this dry run, or None. Raises Conflict if its options differ, or if the dry run has not ended."""
    if not checked.dry_run:
        raise Conflict("The upload is not a dry run.")
    if checked.state != "done":
        raise Conflict(f"The dry run is {checked.state}: only one that is done can be imported.")
    existing = stored.find(uploads.import_id(checked))
    if existing is not None and existing.options != options:
        raise Conflict(f"The file was imported with other options, as {existing.id}. Send it again.")
    return existing


def accept(checked: Upload, options: UploadOptions, key: Key, has_quarantine: bool) -> tuple[Upload, bool]:
    """Store the import of a dry run, which takes its file; the upload, and True if it is new.

    The import belongs to the key that has sent the file, and is limited to its provider, whichever key imports it.
    Raises Conflict as `import_of`, and Gone if the file is no longer kept.
    """
    now = datetime.now(UTC)
    upload = replace(
        checked,
        id=uploads.import_id(checked),
        dry_run=False,
        has_quarantine=has_quarantine,
        received_at=now,
        state="received",
        actor=key.actor,
        options=options,
        result=None,
        ended_at=None,
    )

    def store(session: ClientSession) -> bool:
        # Of two requests at once, one gets the file.
        if not kept_files.claim(checked, upload.id, uploads.arguments(upload), now, session):
            return False
        stored.put(upload, session)
        detail = f"{upload.file_name}, {upload.bytes} bytes, SHA-256 {upload.sha256}, of the dry run {checked.id}"
        audit.append(
            key.actor, "import upload", upload.id, "done", now, reason=options.reason, detail=detail, session=session
        )
        return True

    if transactions.run(store):
        return upload, True
    if (existing := import_of(checked, options)) is not None:
        return existing, False
    raise Gone(
        f"The bytes of this dry run are no longer kept: they are kept for {kept_files.KEPT_FOR // _HOUR} hours, and of "
        f"each API key the latest {kept_files.MOST_FILES} files within a limit of bytes. Send the file again."
    )
