"""The restore test: restore a backup into a database of its own, compare everything, and delete that database."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.backup import restoration
from app.backup.damage import Damaged
from app.backup.manifest import Manifest
from app.backup.targets import Target
from app.errors import Conflict
from app.ingest.verify import verification
from app.ingest.verify.comparison import Difference
from app.store import original_files, restored_documents


def database_of(database: str) -> str:
    """The name of the database for restore tests of a database."""
    return f"{database}_restore_test"


@dataclass(frozen=True, slots=True)
class Tested:
    """What a restore test has compared, and the differences between stored and recomputed values."""

    originals: int
    missions: int
    differences: list[Difference]


def run(target: Target, backup: Manifest) -> Tested:
    """Test the backup in the bound database, which it deletes before and after, also after a failure.

    Raises Damaged if the backup cannot be restored or an original has other bytes, Conflict if the database has data
    that no restore test has left, RunFailed and pymongo's errors.
    """
    if restored_documents.progress() is not None:
        # An earlier test was killed.
        restored_documents.drop_database()
    elif (collection := restored_documents.first_document()) is not None:
        raise Conflict(f"the database for restore tests has documents in {collection}: drop it first")
    try:
        restoration.load(target, backup)
        originals = sum(1 for _ in _compared_originals())
        result = verification.verify(None, sections=False, pace=1)
        return Tested(originals, result.counts.missions, [each for each in result.differences if not _is_age(each)])
    finally:
        restored_documents.drop_database()


def _compared_originals() -> Iterator[str]:
    for digest in original_files.digests():
        if original_files.sha256_of(digest) != digest:
            raise Damaged(f"the original file {digest} has other bytes after the restore")
        yield digest


def _is_age(difference: Difference) -> bool:
    # A rebuild that was pending when the backup was made is not late: no import runs in this database.
    return difference.where.startswith("pending ")
