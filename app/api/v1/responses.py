"""Response bodies. `http.conditional` adds strong ETags to JSON responses; downloads set their own ETag."""

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

# Characters that are unsafe in headers or in a file name on some file system.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")


def json(content: object, mimetype: str = JSON) -> Response:
    """The content as JSON; times in UTC with milliseconds, NaN and infinities as null."""
    return Response(dumped(content), mimetype=mimetype)


def dumped(content: object) -> bytes:
    """The content as JSON, UTF-8 encoded."""
    return orjson.dumps(content, default=_json_fallback, option=orjson.OPT_PASSTHROUGH_DATETIME)


def file(content: bytes, mimetype: str, filename: str) -> Response:
    """A response that browsers save as a file."""
    return attached(Response(content, mimetype=mimetype), filename)


def attached(response: Response, filename: str, disposition: str = "attachment") -> Response:
    """Add a file name to the response; characters that are unsafe in headers or on disk are replaced."""
    response.headers.set("Content-Disposition", disposition, filename=_UNSAFE.sub("_", filename))
    return response


def _json_fallback(value: object) -> object:
    # Attributes of files may have types that JSON lacks; their text is better than an error.
    return iso_ms(value) if isinstance(value, datetime) else str(value)
