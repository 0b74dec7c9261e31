"""State and digest of local files: an import detects changes made while it reads."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from app.ingest.formats import detection
from app.ingest.refusals import Refused

# Files are digested in blocks, so that memory does not depend on their size.
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class FileState:
    """Size, time of modification and inode: equal before and after reading means that the file did not change."""

    size_bytes: int
    modified_ns: int
    inode: int


def state_of(path: Path) -> FileState:
    """The current state. Raises Refused when the file is unreadable."""
    try:
        stat = path.stat()
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error
    return FileState(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def sha256_of(path: Path, most_bytes: int) -> str:
    """The SHA-256 of the bytes. Raises Refused for a file that is empty, too large or unreadable."""
    digest = hashlib.sha256()
    try:
        detection.require_size(path, most_bytes)
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError as error:
        raise Refused("not_found", f"cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()
