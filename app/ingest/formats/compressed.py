"""Files compressed as a whole: `.gz`, and `.zip` with one file. Their content is read from a temporary copy.

The size of the content is limited while it is written: a small file may decompress to terabytes.
"""

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
# The record at the end of an archive: its signature and length, and its longest comment. Its numbers begin at 10: the
# files in two bytes, the bytes of their directory in four. Archives beyond 4 GiB have another record 20 bytes before.
_END, _END_BYTES, _NUMBERS_AT, _MOST_COMMENT = b"PK\x05\x06", 22, 10, 0xFFFF
_LARGE_END, _LARGE_END_BYTES = b"PK\x06\x07", 20
# Beside the data, an archive holds descriptions at most. The library reads a directory as a whole.
_MOST_ENTRIES, _MOST_DIRECTORY_BYTES = 1000, 1 << 20
# Some tools flush with a member without data, but not thousands in a row.
_MOST_EMPTY_MEMBERS = 1000
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
# Bytes, of which a file system allows 255.
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
        with path.open("rb") as stream:
            yield _named(path.stem if path.suffix else path.name), cast(BinaryIO, _Gzip(stream))
        return
    if not _has_small_directory(path):
        raise Refused("archive", f"it is an archive of more than {_MOST_ENTRIES} files: unpack it")
    with _damage_refused():
        archive = zipfile.ZipFile(path)
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


def _has_small_directory(path: Path) -> bool:
    """True if the end of the archive declares few files; also without an end, which the library refuses."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - _END_BYTES - _MOST_COMMENT, 0))
        tail = stream.read()
    # The library takes the record at the very end, if it has no comment, else the last one.
    is_last = tail[-_END_BYTES:].startswith(_END) and tail.endswith(b"\0\0")
    end = len(tail) - _END_BYTES if is_last else tail.rfind(_END)
    if end < 0:
        return True
    if len(tail) < end + _END_BYTES:
        return False
    numbers = tail[end + _NUMBERS_AT : end + _NUMBERS_AT + 6]
    entries, directory_bytes = int.from_bytes(numbers[:2], "little"), int.from_bytes(numbers[2:], "little")
    is_large = tail[max(end - _LARGE_END_BYTES, 0) : end].startswith(_LARGE_END)
    return entries <= _MOST_ENTRIES and directory_bytes <= _MOST_DIRECTORY_BYTES and not is_large


class _Gzip:
    """The content of a gzip file. The library's reader reads a header byte by byte, however long a hostile one is."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""
        self._empty_members = 0

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end. Raises EOFError for an incomplete file, and zlib.error."""
        while True:
            self._input = self._input or self._stream.read(_BLOCK_BYTES)
            if self._member.eof:
                # Padding after the last member.
                self._input = self._input.lstrip(b"\0")
                if not self._input:
                    return b""
                self._member = zlib.decompressobj(wbits=31)
                self._empty_members += 1
            elif not self._input:
                raise EOFError("it is incomplete")
            if self._empty_members > _MOST_EMPTY_MEMBERS:
                raise EOFError("it has thousands of members without data")
            data = self._member.decompress(self._input, size)
            self._input = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            if data:
                self._empty_members = 0
                return data


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise Refused("truncated", f"the compressed file ends too early or is damaged: {error}") from error
    except (NotImplementedError, RuntimeError, ValueError) as error:
        raise Refused("archive", f"it cannot be unpacked: {error}") from error


def _named(name: str) -> str:
    """The name for the copy: readers look at it for the logs of a sailbuoy."""
    is_name = name.isprintable() and name not in ("", ".", "..") and len(name.encode()) <= _LONGEST_NAME
    return name if is_name else "data"
