"""The state of an upload while a worker imports its file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.config import Settings
from app.domain.uploads import ENDED, Upload
from app.ingest.reports import Report
from app.store import kept_files, spool, uploads

# For each API key, in files of the largest size.
_MOST_KEPT = 2


def begin(upload_id: str, files: Sequence[dict[str, str]], dry_run: bool, settings: Settings) -> bool:
    """True if the file is to be imported. Else its import has ended, or it waits for an operator: nothing is to do.

    The message of the dry run before a decision may arrive again after it: then the file belongs to the import.
    """
    upload = uploads.begin(upload_id, dry_run) or uploads.find(upload_id)
    # The status expires before a task that was parked for long is queued again.
    if upload is None:
        return True
    if dry_run and upload.decision is not None:
        return False
    if upload.state == "running":
        return True
    if upload.dry_run and upload.state == "done":
        _keep(upload, settings)
    elif upload.state in ENDED:
        # A worker was killed between the result and this.
        for each in files:
            spool.delete(each["id"])
    else:
        spool.forget_trial(upload.spool_id)
    return False


def end(upload_id: str, reports: Sequence[Report], dry_run: bool, settings: Settings) -> bool:
    """Store the result; True if the file remains in the spool: its sender or an operator decides about its import.

    An operator decides nothing about a file that the import would refuse.
    """
    upload = uploads.find(upload_id)
    is_trial = dry_run and upload is not None and upload.has_quarantine
    is_waiting = is_trial and any(each.outcome != "refused" for each in reports)
    result = [_stored(each) for each in reports]
    uploads.note_result(upload_id, "waiting" if is_waiting else "done", result, datetime.now(UTC), dry_run)
    if upload is not None and upload.dry_run:
        _keep(upload, settings)
        return True
    if upload is None or not is_trial:
        return False
    # Another delivery of this message may have ended in the meantime, and an operator may have decided.
    present = uploads.find(upload_id)
    if present is not None and present.state == "waiting":
        spool.forget_trial(upload.spool_id)
    return present is not None and (present.state != "done" or present.decision is not None)


def _keep(upload: Upload, settings: Settings) -> None:
    """Keep the file of an ended dry run, and not more of its key than the limits allow."""
    present = uploads.find(upload.id)
    if present is not None and present.state == "done":
        kept_files.keep(present, present.ended_at or datetime.now(UTC))
        kept_files.delete_surplus(upload.key_id, _MOST_KEPT * settings.max_file_bytes)


def park(arguments: dict[str, Any], cause: str) -> None:
    """Record that the task is parked, if it is that of an upload. `cause`: without the words of others."""
    if (upload_id := arguments.get("upload")) is not None:
        uploads.note_failure(upload_id, cause, datetime.now(UTC), bool(arguments.get("dry_run")))


def _stored(report: Report) -> dict[str, Any]:
    # The path is that of a copy in the worker.
    return {name: value for name, value in report.as_json().items() if name != "path"}
