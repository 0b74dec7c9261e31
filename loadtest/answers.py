"""Does a body hold what it should: a right status over an empty page is a failure too."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

Check = Callable[[bytes], object]

_STATIC = re.compile(rb"""=["'](/static/[^"'\s>?#]+)""")
# Pages hold each picture for light and for dark and show one.
_PICTURE = re.compile(rb"""src="(/api/v1/[^"\s]+\.png\?theme=light)\"""")
_LOCATION = re.compile(rb"<loc>([^<]+)</loc>")


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
        if b"data-error=" in body:
            raise Lacking("page tells of an error")
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


def listed(body: bytes) -> None:
    """A list that may be empty: not every mission was measured so that a section can be drawn."""
    if not isinstance(json_object(body).get("items"), list):
        raise Lacking("JSON has no list")


def sums(body: bytes) -> None:
    """Sums with at least one scope."""
    if not json_object(body).get("items"):
        raise Lacking("JSON has no sums")


def found(body: bytes) -> None:
    """Suggestions, one at least: what is typed begins the name of something that is there."""
    if not json_object(body).get("items"):
        raise Lacking("JSON suggests nothing")


def columns(body: bytes) -> None:
    """Rows with the names of their columns. There may be no row: perhaps nobody is at sea."""
    document = json_object(body)
    if not document.get("columns") or not isinstance(document.get("rows"), list):
        raise Lacking("JSON has no columns or no rows")


def described(body: bytes) -> None:
    """An OpenAPI document with paths."""
    document = json_object(body)
    if "openapi" not in document or not document.get("paths"):
        raise Lacking("JSON describes no API")


def collection(body: bytes) -> None:
    """A GeoJSON collection of at least one way, which may be unknown."""
    if not json_object(body).get("features"):
        raise Lacking("GeoJSON has no features")


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


def png(body: bytes) -> None:
    """A PNG picture from its first to its last byte."""
    if not body.startswith(b"\x89PNG\r\n\x1a\n") or not body.endswith(b"IEND\xaeB`\x82"):
        raise Lacking("body is no whole PNG")


def xml(*roots: str) -> Check:
    """A check for an XML document with one of these elements around everything."""

    def check(body: bytes) -> None:
        if not body.startswith(b"<?xml") or not body.rstrip().endswith(tuple(f"</{root}>".encode() for root in roots)):
            raise Lacking("body is no whole XML of its kind")

    return check


def rules(body: bytes) -> None:
    """Rules for robots that name a list of pages."""
    if b"User-agent:" not in body or b"Sitemap:" not in body:
        raise Lacking("rules for robots lack agents or the list of pages")


def asset(path: str) -> Check:
    """A check for a static file: not empty, and no page where a style, a script or data shall be."""

    def check(body: bytes) -> None:
        if not body:
            raise Lacking("body is empty")
        if path.endswith((".css", ".js", ".json")) and body.lstrip().startswith(b"<"):
            raise Lacking("static file is a page")

    return check


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


def pictures(body: bytes) -> list[str]:
    """Paths of the pictures that a page shows in the light theme, each once, in order."""
    return [html.unescape(path.decode()) for path in dict.fromkeys(_PICTURE.findall(body))]


def named(body: bytes, attribute: str) -> list[str]:
    """The first address that a page holds for its scripts in this attribute; nothing if there is none."""
    found_in = re.search(rf'{attribute}="(/[^"]+)"'.encode(), body)
    return [html.unescape(found_in[1].decode())] if found_in else []


def links(body: bytes, begin: str) -> list[str]:
    """Links of a page to its next part or to single things, those that begin so, each once, in order."""
    pattern = rf'href="({re.escape(begin)}[^"#]+)"'.encode()
    found_in = [html.unescape(path.decode()) for path in dict.fromkeys(re.findall(pattern, body))]
    # Of links with a query only those to a next part count: others lead to other choices.
    return [path for path in found_in if "?" not in path or "after=" in path]


def locations(body: bytes) -> list[str]:
    """The addresses of a sitemap."""
    return [html.unescape(place.decode()) for place in _LOCATION.findall(body)]
