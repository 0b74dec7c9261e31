"""An answer that is the same for everyone, ready to be sent: compressed once, with its ETag."""

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import brotli

from app.events import Mark

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


Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """An entry in one encoding, ready to be sent: nothing is left to be put together for each reader.

    The lists are handed to servers as they are: nobody may change them.
    """

    etag: str
    body: bytes
    headers: Headers
    unchanged_headers: Headers


@dataclass(frozen=True)
class Entry:
    """One answer. `tags` name what outdates it, `mark` is the change log's from before it was rendered.

    `valid_until_s` is when its content changes without an event, `route` is for whoever counts requests.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    bodies: Mapping[Encoding, bytes]
    etag: str
    route: str
    tags: frozenset[str]
    mark: Mark
    valid_until_s: float

    @property
    def size_bytes(self) -> int:
        """About what keeping it costs."""
        told = (*self.tags, *(text for pair in self.headers for text in pair))
        return sum(map(len, self.bodies.values())) + sum(map(len, told)) + _OVERHEAD_BYTES

    def etag_of(self, encoding: Encoding) -> str:
        """The strong ETag of one representation: bytes that differ have different ones."""
        return f'"{self.etag}"' if encoding == "identity" else f'"{self.etag}-{encoding}"'

    @cached_property
    def forms(self) -> dict[Encoding, Form]:
        """What is sent, by encoding."""
        return {encoding: self._form(encoding, body) for encoding, body in self.bodies.items()}

    @cached_property
    def is_whole(self) -> bool:
        """Whether it is what was asked for, so that a reader who has it need not get it again."""
        return self.status.startswith("200")

    def _form(self, encoding: Encoding, body: bytes) -> Form:
        etag = self.etag_of(encoding)
        common = [*self.headers, ("ETag", etag), ("Vary", "Accept-Encoding")]
        encoded = [("Content-Encoding", encoding)] if encoding != "identity" else []
        return Form(
            etag,
            body,
            [*common, *encoded, ("Content-Length", str(len(body)))],
            [pair for pair in common if pair[0].lower() != "content-type"],
        )


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether a reader who says so has the answer of this ETag already.

    Only the encoding that it would get counts: a cache in between must not hand out another one for it.
    """
    if if_none_match == etag or if_none_match.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == etag for part in if_none_match.split(","))


def entry(
    status: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    route: str,
    tags: frozenset[str],
    mark: Mark,
    valid_until_s: float,
) -> Entry:
    """The answer as an entry; its body is compressed here, once."""
    bodies: dict[Encoding, bytes] = {"identity": body}
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    # Pictures are compressed already.
    # What does not exist is hardly asked for twice.
    if len(body) >= _LEAST_BYTES and not kind.startswith("image/png") and status.startswith("200"):
        # Without a time of its own in the header, the same page has the same bytes everywhere.
        bodies["gzip"] = gzip.compress(body, _GZIP_LEVEL, mtime=0)
        bodies["br"] = brotli.compress(body, quality=_BROTLI_QUALITY)
    kept = tuple((name, value) for name, value in headers if name.lower() not in _PER_REQUEST)
    digest = hashlib.sha256(body).hexdigest()[:32]
    return Entry(status, kept, bodies, digest, route, tags, mark, valid_until_s)
