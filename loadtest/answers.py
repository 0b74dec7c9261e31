"""Does a body hold what it should: a right status over an empty page is a failure too."""

import json
import re
from collections.abc import Callable
from typing import Any

Check = Callable[[bytes], object]

_STATIC = re.compile(rb"""=["'](/static/[^"'\s>?#]+)""")


class Lacking(Exception):
    """The body lacks what the reader came for; the text is constant per cause, so that failures group."""


def page(*marks: str) -> Check:
    """A check for a complete HTML page with its style and its script that contains each of the marks."""

    def check(body: bytes) -> None:
        if b"</html>" not in body[-200:].lower():
            raise Lacking("page has no end")
        kinds = {path.rpartition(".")[2] for path in assets(body)}
        if not {"css", "js"} <= kinds:
            raise Lacking("page names no style or no script")
        for mark in marks:
            if mark.encode() not in body:
                raise Lacking("page lacks what it is about")

    return check


def record(**expected: str) -> Check:
    """A check for a JSON object with these values."""

    def check(body: bytes) -> None:
        document = json_object(body)
        for field, value in expected.items():
            if document.get(field) != value:
                raise Lacking(f"JSON has another {field}")

    return check


def totals(body: bytes) -> None:
    """The totals of the fleet, with missions in them."""
    fleet = json_object(body).get("fleet")
    if not isinstance(fleet, dict) or not fleet.get("missions"):
        raise Lacking("totals count no missions")


def items(body: bytes) -> None:
    """A list of the API with at least one entry."""
    document = json_object(body)
    if not document.get("items") or "next" not in document:
        raise Lacking("JSON list is empty or has no next")


def features(body: bytes) -> None:
    """GeoJSON with at least one geometry."""
    document = json_object(body)
    collection = document.get("features", [document] if document.get("type") == "Feature" else [])
    if not any(feature.get("geometry") for feature in collection):
        raise Lacking("GeoJSON has no geometry")


def table(body: bytes) -> None:
    """CSV with a header of several columns and a last row that is whole."""
    lines = body.splitlines()
    if len(lines) < 2 or b"," not in lines[0]:
        raise Lacking("CSV has no rows")
    if not body.endswith(b"\n"):
        raise Lacking("CSV has no end")


def netcdf(body: bytes) -> None:
    """A classic NetCDF file that holds more than its header."""
    if not body.startswith(b"CDF") or len(body) < 1000:
        raise Lacking("body is no NetCDF")


def something(body: bytes) -> None:
    """Any bytes at all."""
    if not body:
        raise Lacking("body is empty")


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Lacking."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Lacking("body is no JSON") from error
    if not isinstance(document, dict):
        raise Lacking("body is no JSON object")
    return document


def assets(body: bytes) -> list[str]:
    """Paths of the static files that a page names, each once, in order."""
    return [path.decode() for path in dict.fromkeys(_STATIC.findall(body))]
