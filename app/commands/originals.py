"""`halocline originals get`: one line for each file that is written; the exit status."""

import sys
from pathlib import Path

from app.commands import output
from app.config import Settings
from app.ingest.corrections import original_copies
from app.store import connection

# A file of gigabytes is read in one query.
_STORE_TIMEOUT_MS = 60_000


def get(settings: Settings, name: str, version: str | None, folder: Path) -> int:
    """Write originals into a folder; 0. Raises NotFound, Conflict, Unavailable and RunFailed."""
    output.escape_unencodable()
    with connection.bound(settings, _STORE_TIMEOUT_MS, ping=True):
        for copy in original_copies.copies(original_copies.digests(name, version), folder):
            sys.stdout.write(f"{'written  ' if copy.is_new else 'unchanged'} {copy.path} {copy.sha256}\n")
    return 0
