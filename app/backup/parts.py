"""Parts of a backup: a run of documents of one collection, compressed, named by the SHA-256 of the stored bytes.

Equal documents make equal parts, so that a later backup stores only new ones.
"""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.backup.damage import Damaged
from app.store import backup_reads

FOLDER = "parts"
# Large enough for the latency of an object store, small enough to hold a few in memory.
MEAN_BYTES = 4 << 20
# One document may have 16 MiB.
_MOST_BYTES = 16 << 20
# Samples, pictures and most originals are compressed already: a second compression would cost time and save nothing.
_SAMPLE_BYTES = 64 << 10
_WORTH_COMPRESSING = 0.9
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Part:
    """A stored part: `size` is in stored bytes, `bytes` uncompressed."""

    collection: str
    sha256: str
    size: int
    documents: int
    bytes: int

    @property
    def path(self) -> str:
        """Its name in the target."""
        return f"{FOLDER}/{self.sha256[:2]}/{self.sha256}.bson.gz"


@dataclass(frozen=True, slots=True)
class Run:
    """The documents of a future part in sequence, their number, and the last one."""

    data: bytes
    documents: int
    last: bytes


def runs(documents: Iterable[bytes]) -> Iterator[Run]:
    """Divide documents into runs of about MEAN_BYTES.

    The content of a document decides whether a run ends after it. A document that is inserted, changed or deleted
    therefore changes one part or two, and not all later ones.
    """
    pending: list[bytes] = []
    size = 0
    for document in documents:
        if pending and size + len(document) > _MOST_BYTES:
            yield _run(pending)
            pending, size = [], 0
        pending.append(document)
        size += len(document)
        if _ends_run(document):
            yield _run(pending)
            pending, size = [], 0
    if pending:
        yield _run(pending)


def _run(documents: list[bytes]) -> Run:
    return Run(b"".join(documents), len(documents), documents[-1])


def _ends_run(document: bytes) -> bool:
    # A probability in proportion to the length, so that the mean holds for documents of any length.
    return zlib.crc32(document) < (len(document) << 32) // MEAN_BYTES


def encoded(collection: str, run: Run) -> tuple[Part, bytes]:
    """The part of a run and the bytes to store."""
    middle = len(run.data) // 2
    sample = run.data[middle : middle + _SAMPLE_BYTES]
    is_compressible = len(zlib.compress(sample, 1)) < _WORTH_COMPRESSING * len(sample)
    # Without the time, which would make equal parts different.
    data = gzip.compress(run.data, _LEVEL if is_compressible else 0, mtime=0)
    return Part(collection, hashlib.sha256(data).hexdigest(), len(data), run.documents, len(run.data)), data


def decoded(part: Part, data: bytes) -> list[bytes]:
    """The documents of a part. Raises Damaged if the stored bytes are not those that were written."""
    if len(data) != part.size:
        raise Damaged(f"the part {part.path} ({part.collection}) has {len(data)} bytes instead of {part.size}")
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise Damaged(f"the part {part.path} ({part.collection}) is damaged: its SHA-256 differs from its name")
    try:
        documents = list(backup_reads.split(gzip.decompress(data)))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise Damaged(f"the part {part.path} ({part.collection}) cannot be read: {error}") from error
    if len(documents) != part.documents:
        raise Damaged(f"the part {part.path} has {len(documents)} documents instead of {part.documents}")
    return documents
