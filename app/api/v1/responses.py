"""Bodies for machines. `http.conditional` gives each JSON body its strong ETag; streams bring their own."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime

import orjson
from flask import Response, request

from app.api.v1.schemas import iso_ms

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv"
NETCDF = "application/x-netcdf"
KML = "application/vnd.google-earth.kml+xml"

# Caches may keep an answer but must ask each time: a new profile has to show within a second,
# and asking costs no more than a 304.
_CACHE_CONTROL = "public, max-age=0, must-revalidate"
# What stands in a header and in every file system as it is.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


class _Stream(Response):
    # Else `make_conditional` would read the whole body to count its bytes.
    implicit_sequence_conversion = False


def json(content: object, mimetype: str = JSON) -> Response:
    """The content as JSON; times in UTC with milliseconds, NaN and infinities as null."""
    response = Response(dumped(content), mimetype=mimetype)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    return response


def dumped(content: object) -> bytes:
    """The content as JSON text."""
    return orjson.dumps(content, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def file(content: bytes, mimetype: str, filename: str) -> Response:
    """The content, offered as a file to save."""
    response = Response(content, mimetype=mimetype)
    response.headers["Cache-Control"] = _CACHE_CONTROL
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

    `length` is its size where that is known before; a body that breaks off is then shorter than announced.
    """
    response = _Stream(chunks, mimetype=mimetype)
    response.headers["Cache-Control"] = _CACHE_CONTROL
    response.headers.set("Content-Disposition", "attachment", filename=_UNSAFE.sub("_", filename))
    if length is not None:
        response.content_length = length
    response.set_etag(hashlib.sha256(made_of).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _plain(value: object) -> object:
    # Attributes of files may hold what JSON does not know; their text is better than no answer.
    return iso_ms(value) if isinstance(value, datetime) else str(value)
