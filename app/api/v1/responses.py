"""Bodies of responses. `http.conditional` adds strong ETags to those of JSON; downloads have their own."""

import re
from datetime import datetime

import orjson
from flask import Response

from app.api.v1.schemas import iso_ms

JSON = "application/json"
GEOJSON = "application/geo+json"
CSV = "text/csv"
NETCDF = "application/x-netcdf"
KML = "application/vnd.google-earth.kml+xml"

# Everything but the characters that headers and all file systems accept unchanged.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def json(content: object, mimetype: str = JSON) -> Response:
    """The content as JSON; times in UTC with milliseconds, NaN and infinities as null."""
    return Response(dumped(content), mimetype=mimetype)


def dumped(content: object) -> bytes:
    """The content as JSON text."""
    return orjson.dumps(content, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


def file(content: bytes, mimetype: str, filename: str) -> Response:
    """The content as a file to save."""
    return attached(Response(content, mimetype=mimetype), filename)


def attached(response: Response, filename: str, disposition: str = "attachment") -> Response:
    """The response with a file name that is safe in headers and on disk."""
    response.headers.set("Content-Disposition", disposition, filename=_UNSAFE.sub("_", filename))
    return response


def _plain(value: object) -> object:
    # Attributes of files may have types that JSON lacks; their text is better than an error.
    return iso_ms(value) if isinstance(value, datetime) else str(value)
