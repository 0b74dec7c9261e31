"""Original files: the imported bytes, stored under their SHA-256."""

from datetime import datetime

from app.ingest.persist.mapping import File
from app.ingest.refusals import CHANGED, Refused
from app.store import original_files


def store(file: File, now: datetime) -> None:
    """Store the bytes of the file and its companion, if any. Raises Refused when they changed after reading."""
    if file.made_up:
        return
    if file.companion is not None:
        store(file.companion, now)
    try:
        is_unchanged = original_files.keep(file.sha256, file.path, file.name, now)
    except OSError as error:
        raise Refused("not_found", f"cannot be read any more: {error.strerror or error}") from error
    if not is_unchanged:
        raise Refused(*CHANGED)
