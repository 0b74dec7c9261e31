"""Checks of response bodies: status 200 with an incomplete body is a failure too."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

Check = Callable[[bytes], object]

_STATIC = re.compile(rb"""=["'](/static/[^"'\s>?#]+)""")
# Pages contain each picture for the light and the dark theme and show one of them.
_PICTURE = re.compile(rb"""src="(/api/v1/[^"\s]+\.png\?theme=light)\"""")
_LOCATION = re.compile(rb"<loc>([^<]+)</loc>")


class Incomplete(Exception):
    """The body is not what the route promises; the text is constant per cause, so that failures group."""


def page(*marks: str) -> Check:
    """Return a check for a complete HTML page that names a style sheet and a script and contains each mark."""

    def check(body: bytes) -> None:
        if b"</html>" not in body[-200:].lower():
            raise Incomplete("page has no end")
        kinds = {path.rpartition(".")[2] for path in assets(body)}
        if not {"css", "js"} <= kinds:
            raise Incomplete("page names no style or no script")
        if b"data-error=" in body:
            raise Incomplete("page shows an error")
        for mark in marks:
            if mark.encode() not in body:
                raise Incomplete("page lacks its content")

    return check


def record(**expected: str) -> Check:
    """Return a check for a JSON object with these values."""

    def check(body: bytes) -> None:
        document = json_object(body)
        for field, value in expected.items():
            if document.get(field) != value:
                raise Incomplete(f"JSON has another {field}")

    return check


def totals(body: bytes) -> None:
    """Check that the totals of the fleet count missions."""
    fleet = json_object(body).get("fleet")
    if not isinstance(fleet, dict) or not fleet.get("missions"):
        raise Incomplete("totals count no missions")


def items(body: bytes) -> None:
    """Check for a list of the API with at least one entry."""
    document = json_object(body)
    if not document.get("items") or "next" not in document:
        raise Incomplete("JSON list is empty or has no next")


def listed(body: bytes) -> None:
    """Check for a list that may be empty: not every mission has the variables that a section needs."""
    if not isinstance(json_object(body).get("items"), list):
        raise Incomplete("JSON has no list")


def sums(body: bytes) -> None:
    """Check for statistics with at least one scope."""
    if not json_object(body).get("items"):
        raise Incomplete("JSON has no statistics")


def suggested(body: bytes) -> None:
    """Check for at least one search suggestion: the query is a prefix of a stored name."""
    if not json_object(body).get("items"):
        raise Incomplete("JSON suggests nothing")


def columns(body: bytes) -> None:
    """Check for rows with named columns. There may be no rows: no platform has to be deployed."""
    document = json_object(body)
    if not document.get("columns") or not isinstance(document.get("rows"), list):
        raise Incomplete("JSON has no columns or no rows")


def described(body: bytes) -> None:
    """Check for an OpenAPI document with paths."""
    document = json_object(body)
    if "openapi" not in document or not document.get("paths"):
        raise Incomplete("JSON describes no API")


def collection(body: bytes) -> None:
    """Check for a GeoJSON collection of at least one track, whose geometry may be unknown."""
    if not json_object(body).get("features"):
        raise Incomplete("GeoJSON has no features")


def features(body: bytes) -> None:
    """Check for GeoJSON with at least one geometry."""
    document = json_object(body)
    collection = document.get("features", [document] if document.get("type") == "Feature" else [])
    if not any(feature.get("geometry") for feature in collection):
        raise Incomplete("GeoJSON has no geometry")


def table(body: bytes) -> None:
    """Check for CSV with a header of several columns and a complete last row."""
    lines = body.splitlines()
    if len(lines) < 2 or b"," not in lines[0]:
        raise Incomplete("CSV has no rows")
    if not body.endswith(b"\n"):
        raise Incomplete("CSV has no end")


def netcdf(body: bytes) -> None:
    """Check for a classic NetCDF file with more than a header."""
    if not body.startswith(b"CDF") or len(body) < 1000:
        raise Incomplete("body is no NetCDF")


def png(body: bytes) -> None:
    """Check for a complete PNG image."""
    if not body.startswith(b"\x89PNG\r\n\x1a\n") or not body.endswith(b"IEND\xaeB`\x82"):
        raise Incomplete("body is no complete PNG")


def xml(*roots: str) -> Check:
    """Return a check for an XML document with one of these root elements."""

    def check(body: bytes) -> None:
        if not body.startswith(b"<?xml") or not body.rstrip().endswith(tuple(f"</{root}>".encode() for root in roots)):
            raise Incomplete("body is no complete XML document of this type")

    return check


def rules(body: bytes) -> None:
    """Check for robots.txt rules that name a sitemap."""
    if b"User-agent:" not in body or b"Sitemap:" not in body:
        raise Incomplete("robots.txt lacks agents or the sitemap")


def asset(path: str) -> Check:
    """Return a check for a static file: not empty, and no HTML in place of a style sheet, a script or data."""

    def check(body: bytes) -> None:
        if not body:
            raise Incomplete("body is empty")
        if path.endswith((".css", ".js", ".json")) and body.lstrip().startswith(b"<"):
            raise Incomplete("static file is a page")

    return check


def json_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a body. Raises Incomplete."""
    try:
        document = json.loads(body)
    except ValueError as error:
        raise Incomplete("body is no JSON") from error
    if not isinstance(document, dict):
        raise Incomplete("body is no JSON object")
    return document


def assets(body: bytes) -> list[str]:
    """Return the paths of the static files that a page names, without duplicates, in order."""
    return [path.decode() for path in dict.fromkeys(_STATIC.findall(body))]


def pictures(body: bytes) -> list[str]:
    """Return the paths of the pictures that a page shows in the light theme, without duplicates, in order."""
    return [html.unescape(path.decode()) for path in dict.fromkeys(_PICTURE.findall(body))]


def named(body: bytes, attribute: str) -> list[str]:
    """Return the first path in this attribute of a page as a list; empty if there is none."""
    match = re.search(rf'{attribute}="(/[^"]+)"'.encode(), body)
    return [html.unescape(match[1].decode())] if match else []


def links(body: bytes, prefix: str) -> list[str]:
    """Return the links of a page with this prefix that lead to single resources or to the next page of the list."""
    pattern = rf'href="({re.escape(prefix)}[^"#]+)"'.encode()
    paths = [html.unescape(path.decode()) for path in dict.fromkeys(re.findall(pattern, body))]
    # Of links with a query only those to the next page count: others change the filter.
    return [path for path in paths if "?" not in path or "after=" in path]


def locations(body: bytes) -> list[str]:
    """Return the URLs of a sitemap."""
    return [html.unescape(url.decode()) for url in _LOCATION.findall(body)]
