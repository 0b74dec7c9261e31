"""Bodies for machines. `http.conditional` gives each JSON body its strong ETag; streams bring their own."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from threading import BoundedSemaphore
from time import monotonic
from typing import Any

import orjson
from flask import Response, request

from app import portal
from app.api.v1.schemas import iso_ms
from app.errors import Conflict, Unavailable
from app.http import observe

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv"
NETCDF = "application/x-netcdf"
KML = "application/vnd.google-earth.kml+xml"

# Of a download caches may keep a copy but must ask each time, which costs no more than a 304.
_CACHE_CONTROL = "public, max-age=0, must-revalidate"
# What stands in a header and in every file system as it is.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
# Downloads that a worker sends at once. Each holds a thread for minutes, and visitors need some: a third of the places
# that a worker has by default.
_PLACES = BoundedSemaphore(4)
# Long enough for a phone in a tunnel.
_CHUNK_TIMEOUT_S = 60


class _Stream(Response):
    # Else `make_conditional` would read the whole body to count its bytes.
    implicit_sequence_conversion = False


def json(content: object, mimetype: str = JSON) -> Response:
    """The content as JSON; times in UTC with milliseconds, NaN and infinities as null."""
    return Response(dumped(content), mimetype=mimetype)


def dumped(content: object) -> bytes:
    """The content as JSON text."""
    return orjson.dumps(content, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def file(content: bytes, mimetype: str, filename: str) -> Response:
    """The content, offered as a file to save."""
    response = Response(content, mimetype=mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=_UNSAFE.sub("_", filename))
    return response


def stream(
    chunks: Iterator[str] | Iterator[bytes],
    mimetype: str,
    made_of: bytes,
    filename: str,
    length: int | None = None,
) -> Response:
    """A body made while it is sent, offered as a file to save; 304 when the reader has what the same `made_of` gave.

    `length` is its size where that is known before; a body that breaks off is then shorter than announced. Raises
    Unavailable when this worker sends as many as it should. A reader who is too slow is cut off.
    """
    request.environ[observe.EXPORT] = True
    place = _Place()
    response = _Stream(place.until_sent(_within_time(chunks)), mimetype=mimetype)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    response.headers.set("Content-Disposition", "attachment", filename=_UNSAFE.sub("_", filename))
    if length is not None:
        response.content_length = length
    response.set_etag(hashlib.sha256(made_of).hexdigest()[:32])
    response.make_conditional(request)
    if response.status_code == 200 and request.method == "GET":
        place.take()
        response.call_on_close(place.leave)
    return response


class _Place:
    """One of the downloads that a worker sends at once."""

    def __init__(self) -> None:
        self._taken = False

    def take(self) -> None:
        """Raises Unavailable when there is none."""
        if not _PLACES.acquire(blocking=False):
            raise Unavailable("A place for one more download")
        self._taken = True

    def leave(self) -> None:
        """Once, however often it is called."""
        if self._taken:
            self._taken = False
            _PLACES.release()

    def until_sent(self, chunks: Iterator[Any]) -> Iterator[Any]:
        """The chunks; the place is left when the last is out."""
        try:
            yield from chunks
        finally:
            self.leave()


def _within_time(chunks: Iterator[Any]) -> Iterator[Any]:
    """The chunks until the time for an export is over. Raises Conflict then: what came is not whole."""
    ends = monotonic() + portal.current().settings.export_timeout_s
    if (connection := request.environ.get("gunicorn.socket")) is not None:
        # For each chunk, of 2 MB at most; gunicorn sets none, and a reader who stands still would stay for ever.
        connection.settimeout(_CHUNK_TIMEOUT_S)
    return _until(chunks, ends)


def _until(chunks: Iterator[Any], ends: float) -> Iterator[Any]:
    for chunk in chunks:
        if monotonic() > ends:
            raise Conflict("The export took longer than it may.")
        yield chunk


def _plain(value: object) -> object:
    # Attributes of files may hold what JSON does not know; their text is better than no answer.
    return iso_ms(value) if isinstance(value, datetime) else str(value)
