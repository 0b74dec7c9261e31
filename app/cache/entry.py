"""An answer that is the same for everyone, ready to be sent: compressed once, with its ETag."""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import brotli

Encoding = Literal["identity", "gzip", "br"]

# A header and a few bytes weigh more than what compression of less would save.
_LEAST_BYTES = 500
# On real pages 5 is 1 % larger than 6 and takes two thirds of its time; 11 takes seventy times as long.
_BROTLI_QUALITY = 5
_GZIP_LEVEL = 6
# What Python itself and the key take for an entry, roughly: it bounds memory, it does not measure it.
_OVERHEAD_BYTES = 5_000
# Said anew for each request, by what that request can read.
_PER_REQUEST = frozenset({"content-length", "content-encoding", "etag", "vary", "date"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer. `tags` name what outdates it, `number` is the change log's from before it was rendered.

    `valid_until_s` is when its content changes without an event, `route` is for whoever counts requests.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    bodies: Mapping[Encoding, bytes]
    etag: str
    route: str
    tags: frozenset[str]
    number: int
    valid_until_s: float

    @property
    def size_bytes(self) -> int:
        """About what keeping it costs."""
        told = (*self.tags, *(text for pair in self.headers for text in pair))
        return sum(map(len, self.bodies.values())) + sum(map(len, told)) + _OVERHEAD_BYTES

    def etag_of(self, encoding: Encoding) -> str:
        """The strong ETag of one representation: bytes that differ have different ones."""
        return f'"{self.etag}"' if encoding == "identity" else f'"{self.etag}-{encoding}"'

    def is_known(self, if_none_match: str) -> bool:
        """Whether the reader has this answer already, in whatever encoding."""
        if if_none_match.strip() == "*":
            return True
        told = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
        return any(self.etag_of(encoding) in told for encoding in ("identity", "gzip", "br"))

    def until(self, valid_until_s: float) -> "Entry":
        """The same answer, believed for another time."""
        return replace(self, valid_until_s=valid_until_s)


def entry(
    status: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    route: str,
    tags: frozenset[str],
    number: int,
    valid_until_s: float,
) -> Entry:
    """The answer as an entry; its body is compressed here, once."""
    bodies: dict[Encoding, bytes] = {"identity": body}
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    # Pictures are compressed already.
    if len(body) >= _LEAST_BYTES and not kind.startswith("image/png"):
        # Without a time of its own in the header, the same page has the same bytes everywhere.
        bodies["gzip"] = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        bodies["br"] = brotli.compress(body, quality=_BROTLI_QUALITY)
    kept = tuple((name, value) for name, value in headers if name.lower() not in _PER_REQUEST)
    digest = hashlib.sha256(body).hexdigest()[:32]
    return Entry(status, kept, bodies, digest, route, tags, number, valid_until_s)
