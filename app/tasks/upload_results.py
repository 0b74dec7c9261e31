"""The state of an upload while a worker imports its file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.domain.uploads import ENDED
from app.ingest.reports import Report
from app.store import spool, spool_stream, uploads


def begin(upload_id: str, files: Sequence[dict[str, str]]) -> bool:
    """True if the file is to be imported. Else its import has ended, or it waits for an operator: nothing is to do."""
    upload = uploads.begin(upload_id) or uploads.find(upload_id)
    # The status expires before a task that was parked for long is queued again.
    if upload is None or upload.state == "running":
        return True
    if upload.state in ENDED:
        # A worker was killed between the result and this.
        for each in files:
            spool.delete(each["id"])
    else:
        spool_stream.forget_task(upload.spool_id)
    return False


def end(upload_id: str, reports: Sequence[Report]) -> bool:
    """Store the result; True if the file remains in the spool, because an operator decides about its import.

    There is nothing to decide about a file that the import would refuse.
    """
    upload = uploads.find(upload_id)
    is_trial = upload is not None and upload.has_quarantine and upload.decision is None
    is_waiting = is_trial and any(each.outcome != "refused" for each in reports)
    result = [_stored(each) for each in reports]
    uploads.note_result(upload_id, "waiting" if is_waiting else "done", result, datetime.now(UTC))
    if is_waiting and upload is not None:
        spool_stream.forget_task(upload.spool_id)
    return is_waiting


def park(arguments: dict[str, Any], cause: str) -> None:
    """Record that the task is parked, if it is that of an upload."""
    if (upload_id := arguments.get("upload")) is not None:
        uploads.note_failure(upload_id, cause, datetime.now(UTC))


def _stored(report: Report) -> dict[str, Any]:
    # The path is that of a copy in the worker.
    return {name: value for name, value in report.as_json().items() if name != "path"}
