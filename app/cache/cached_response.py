"""A response that is the same for every client, ready to be sent: compressed once, with its ETag."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import brotli
from werkzeug.http import generate_etag, unquote_etag

from app.events import Mark

Encoding = Literal["identity", "gzip", "br"]

# Below this, compression saves less than the `Content-Encoding` header costs.
_MIN_COMPRESSED_BYTES = 500
# On real pages 5 is 1 % larger than 6 and takes two thirds of its time; 11 takes seventy times as long.
_BROTLI_QUALITY = 5
_GZIP_LEVEL = 6
# Approximate size of an entry's Python objects and its key. It bounds memory; it does not measure it.
_OVERHEAD_BYTES = 5_000
# These headers depend on the encoding or on the request, so they are not stored.
_NOT_STORED = frozenset({"content-length", "content-encoding", "etag", "vary", "date"})


Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Representation:
    """An entry in one encoding, with complete headers: serving it needs no further work.

    `opaque_tag` is the ETag without its quotes. Servers get the header lists themselves: do not change them.
    """

    opaque_tag: str
    etag: str
    body: bytes
    headers: Headers
    not_modified_headers: Headers


@dataclass(frozen=True)
class Entry:
    """A cached response. A change of one of its `tags` after `mark`, read before the rendering, invalidates it.

    `opaque_tag` is the ETag of the uncompressed body without its quotes. At `valid_until_s` (seconds since 1970) the
    content changes without an entry in the change log. `route` is the label for metrics.
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    bodies: Mapping[Encoding, bytes]
    opaque_tag: str
    route: str
    tags: frozenset[str]
    mark: Mark
    valid_until_s: float

    @classmethod
    def of(
        cls,
        status: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        route: str,
        tags: frozenset[str],
        mark: Mark,
        valid_until_s: float,
    ) -> "Entry":
        """The entry of a rendered response. Compresses the body."""
        bodies: dict[Encoding, bytes] = {"identity": body}
        media_type = _header(headers, "content-type")
        # PNG is compressed already. A 404 is rarely requested twice.
        if len(body) >= _MIN_COMPRESSED_BYTES and not media_type.startswith("image/png") and status.startswith("200"):
            # mtime=0: without a timestamp in the gzip header, equal pages have equal bytes in all workers.
            bodies["gzip"] = gzip.compress(body, _GZIP_LEVEL, mtime=0)
            bodies["br"] = brotli.compress(body, quality=_BROTLI_QUALITY)
        stored = tuple((name, value) for name, value in headers if name.lower() not in _NOT_STORED)
        return cls(status, stored, bodies, _opaque_tag(headers, body), route, tags, mark, valid_until_s)

    @property
    def size_bytes(self) -> int:
        """Approximate memory that the entry takes."""
        texts = (*self.tags, *(text for pair in self.headers for text in pair))
        return sum(map(len, self.bodies.values())) + sum(map(len, texts)) + _OVERHEAD_BYTES

    @cached_property
    def representations(self) -> dict[Encoding, Representation]:
        """The body and headers to send, by encoding."""
        return {encoding: self._representation(encoding, body) for encoding, body in self.bodies.items()}

    @cached_property
    def is_revalidatable(self) -> bool:
        """True for 200 responses, the only ones that may be revalidated with 304."""
        return self.status.startswith("200")

    def _representation(self, encoding: Encoding, body: bytes) -> Representation:
        # A strong ETag names exact bytes, so each encoding has its own.
        opaque_tag = self.opaque_tag if encoding == "identity" else f"{self.opaque_tag}-{encoding}"
        etag = f'"{opaque_tag}"'
        # The state of the change log from which the page was rendered. Live events resume there: scripts read it from
        # a response, and from the page that they run on.
        state = ("Server-Timing", f'change;desc="{self.mark.id}"')
        common = [*self.headers, ("ETag", etag), ("Vary", "Accept-Encoding"), state]
        encoded = [("Content-Encoding", encoding)] if encoding != "identity" else []
        return Representation(
            opaque_tag,
            etag,
            body,
            [*common, *encoded, ("Content-Length", str(len(body)))],
            [pair for pair in common if pair[0].lower() != "content-type"],
        )


def _header(headers: Sequence[tuple[str, str]], lower_name: str) -> str:
    return next((value for name, value in headers if name.lower() == lower_name), "")


def _opaque_tag(headers: Sequence[tuple[str, str]], body: bytes) -> str:
    """The value of the strong ETag that Flask computed (`app.http.conditional`).

    Errors and streams come without one; it is computed here by the same function.
    """
    opaque_tag, is_weak = unquote_etag(_header(headers, "etag") or None)
    return opaque_tag if opaque_tag and not is_weak else generate_etag(body)
