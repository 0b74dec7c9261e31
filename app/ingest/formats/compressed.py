"""Files compressed as a whole: `.gz`, and `.zip` with one file. Their content is read from a temporary copy.

The size of the content is limited while it is written: a small file may decompress to terabytes.
"""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from app.ingest.refusals import Refused

_BLOCK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
# A zip archive with files, and one without any.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# The record at the end of an archive: its signature and length, the offset of the number of files, the longest comment.
_END, _END_BYTES, _COUNT_AT, _MOST_COMMENT = b"PK\x05\x06", 22, 10, 0xFFFF
# Beside the data, an archive holds descriptions at most: more entries need not be listed.
_MOST_ENTRIES = 1000
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_LONGEST_NAME = 120


def is_compressed(head: bytes) -> bool:
    """True if the first bytes are those of a file that `unpacked` unpacks."""
    return head.startswith((_GZIP, *_ZIP))


@contextmanager
def unpacked(path: Path, most_bytes: int) -> Iterator[Path]:
    """The file itself, or a temporary copy of the only file in it, under its name. Raises Refused."""
    try:
        with path.open("rb") as stream:
            head = stream.read(len(_END))
    except OSError:
        # The caller reports why it is unreadable.
        head = b""
    if not is_compressed(head):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="halocline-") as folder, _content(path) as (name, content):
        target = Path(folder, name)
        size = 0
        with target.open("wb") as copy, _damage_refused():
            while block := content.read(_BLOCK_BYTES):
                size += len(block)
                if size > most_bytes:
                    raise Refused("too_large", f"decompressed, it has more bytes than the limit of {most_bytes}")
                copy.write(block)
        yield target


def first_bytes(path: Path, count: int) -> tuple[Path, bytes]:
    """The name and the first bytes of the only file in a compressed file. Raises Refused."""
    with _content(path) as (name, content), _damage_refused():
        return path.with_name(name), content.read(count)


@contextmanager
def _content(path: Path) -> Iterator[tuple[str, BinaryIO]]:
    """The name and the bytes of the only file in a compressed file."""
    with path.open("rb") as stream:
        is_gzip = stream.read(len(_GZIP)) == _GZIP
    if is_gzip:
        with gzip.open(path) as plain:
            yield _named(path.stem if path.suffix else path.name), cast(BinaryIO, plain)
        return
    with _damage_refused():
        archive = zipfile.ZipFile(path) if _count(path) <= _MOST_ENTRIES else None
    if archive is None:
        raise Refused("archive", f"it is an archive of more than {_MOST_ENTRIES} files: unpack it")
    with archive:
        member = _only(archive)
        with _damage_refused():
            content = archive.open(member)
        with content:
            yield _named(Path(member.filename).name), cast(BinaryIO, content)


def _only(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    """The only file in the archive, apart from hidden ones. Raises Refused."""
    names = archive.namelist()
    if "[Content_Types].xml" in names:
        raise Refused("archive", "it is a document of an office program: save the table as CSV")
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not Path(member.filename).name.startswith(".") and "__MACOSX" not in member.filename
    ]
    if len(members) != 1:
        raise Refused("archive", f"it is an archive of {len(members)} files: unpack it and import its files")
    if members[0].flag_bits & _ENCRYPTED:
        raise Refused("archive", "it is an archive with a password: unpack it")
    if members[0].compress_type not in _READ_METHODS:
        raise Refused("archive", "it is compressed by a method that is not read: unpack it")
    return members[0]


def _count(path: Path) -> int:
    """The number of entries that the end of the archive declares; 0 without an end, which the library refuses."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - _END_BYTES - _MOST_COMMENT, 0))
        tail = stream.read()
    end = tail.rfind(_END)
    return int.from_bytes(tail[end + _COUNT_AT : end + _COUNT_AT + 2], "little") if end >= 0 else 0


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise Refused("truncated", f"the compressed file ends too early or is damaged: {error}") from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise Refused("archive", f"it cannot be unpacked: {error}") from error


def _named(name: str) -> str:
    """The name for the copy: readers look at it for the logs of a sailbuoy."""
    return name if 0 < len(name) <= _LONGEST_NAME and name.isprintable() and name not in (".", "..") else "data"
