"""Formats that are recognised and not read: the refusal names the format and the way to a file that is read."""

import re

from app.domain.printable import quotation
from app.ingest.refusals import Refused

# First bytes, code and cause. Compressed files that are read are unpacked before.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"BZh", "archive", "it is compressed with bzip2: unpack it"),
    (b"\xfd7zXZ\x00", "archive", "it is compressed with xz: unpack it"),
    (b"\x28\xb5\x2f\xfd", "archive", "it is compressed with zstd: unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "it is a 7z archive: unpack it and import its files"),
    (b"Rar!", "archive", "it is a RAR archive: unpack it and import its files"),
    (b"\x1f\x8b", "archive", "it is compressed twice: unpack it"),
    (b"PK\x03\x04", "archive", "it is an archive within a compressed file: unpack it and import its files"),
    (
        b"dbd_label:",
        "slocum_raw",
        "it is a raw file of a Slocum glider: convert it to NetCDF, for example with pyglider",
    ),
    (b"\xff\xfe", "unknown_format", "it is text in UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "unknown_format", "it is text in UTF-16: save it as UTF-8"),
    (b"MATLAB 5.0", "unknown_format", "it is a MATLAB file: export NetCDF or CSV"),
    (b"%PDF", "unknown_format", "it is a PDF document"),
    (b"<?xml", "unknown_format", "it is an XML document, perhaps the error message of a server"),
)
_TAR_AT, _TAR = 257, b"ustar"
_CDL = re.compile(rb"\s*netcdf\s+\S+\s*\{")
_ERDDAP_ERROR = re.compile(r"\s*error\s*\{", re.IGNORECASE)
_STATUS = re.compile(r"\bcode\s*=\s*(\d{3})\b")
_MESSAGE = re.compile(r'\bmessage\s*=\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
# Raw files of Slocum gliders that the glider compressed, and the lists of their sensors: they have no signature.
_SLOCUM = re.compile(r".*\.[demnst][bc]d|.*\.cac|.*\.ccc", re.IGNORECASE)


def require_none(name: str, head: bytes) -> None:
    """Raises Refused if the first bytes, or the name of a file without a signature, are those of such a format."""
    for signature, code, cause in _SIGNATURES:
        if head.startswith(signature):
            raise Refused(code, cause)
    if head[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
        raise Refused("archive", "it is a tar archive: unpack it and import its files")
    if _CDL.match(head):
        raise Refused("unknown_format", "it is the text form of NetCDF (CDL): convert it with ncgen")
    text = head.decode("utf-8", "replace")
    if _ERDDAP_ERROR.match(text):
        status, message = _STATUS.search(text), _MESSAGE.search(text)
        quoted = quotation(message[1].replace('\\"', '"').replace("\\n", " ")) if message else ""
        cause = f"the server responded {status[1]}" if status else "the server responded with an error"
        raise Refused("server_error", f"{cause} instead of data{': ' + quoted if quoted else ''}")
    if _SLOCUM.fullmatch(name) and not head.startswith((b"CDF", b"\x89HDF")):
        raise Refused(
            "slocum_raw", "it is a raw file of a Slocum glider: convert it to NetCDF, for example with pyglider"
        )
