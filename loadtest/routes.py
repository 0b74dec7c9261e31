"""What a request is called in the figures, and of which kind it is: bounded names, whatever the archive holds."""

import re
from urllib.parse import parse_qs, urlsplit

PAGES, API, STATIC, EXPORTS, PICTURES = "pages", "api", "static", "exports", "pictures"
# Answers of 304, and of 429, are quick whatever was asked: they would make the others look better than they are.
UNCHANGED, LIMITED = "unchanged", "limited"
KINDS = (PAGES, API, STATIC, EXPORTS, PICTURES, UNCHANGED, LIMITED)

_MISSION = "/missions/<platform>/<mission>"
# The routes that hold something of the archive; an earlier one wins. All others are called by their path.
_HOLDING = (
    "/static/<path:filename>",
    "/sitemap-<part>.xml",
    "/fleet/<serial>",
    "/basins/<basin>",
    _MISSION,
    "/api/v1/platforms/<platform>",
    "/api/v1/basins/<basin>",
    f"/api/v1{_MISSION}/track",
    f"/api/v1{_MISSION}/profiles/<number>",
    f"/api/v1{_MISSION}/profiles",
    f"/api/v1{_MISSION}/sections/<variable>.png",
    f"/api/v1{_MISSION}/sections/<variable>",
    f"/api/v1{_MISSION}/sections",
    f"/api/v1{_MISSION}/ts.png",
    f"/api/v1{_MISSION}/ts",
    f"/api/v1{_MISSION}/data",
    f"/api/v1{_MISSION}",
)
_EXPORTS = ("/api/v1/export", "/api/v1/observations", f"/api/v1{_MISSION}/data")
_FORMATS = {"netcdf": "NetCDF", "geojson": "GeoJSON", "csv": "CSV", "kml": "KML"}


def _pattern(route: str) -> re.Pattern[str]:
    parts = re.split(r"(<[^>]+>)", route)
    held = {True: "[^/]+", False: ".+"}
    return re.compile("".join(held["path:" not in part] if part[:1] == "<" else re.escape(part) for part in parts))


_PATTERNS = {_pattern(route): route for route in _HOLDING}


def name(path: str) -> str:
    """The route of a path, and its format where it asks for one."""
    parts = urlsplit(path)
    route = next((route for pattern, route in _PATTERNS.items() if pattern.fullmatch(parts.path)), parts.path)
    asked = parse_qs(parts.query).get("format", [""])[0]
    return f"{route} as {_FORMATS[asked]}" if asked in _FORMATS else route


def kind(called: str) -> str:
    """The kind of a name."""
    route = called.partition(" ")[0]
    for kind_of_answer in (UNCHANGED, LIMITED):
        if called.endswith(f" {kind_of_answer}"):
            return kind_of_answer
    if route.startswith("/static/"):
        return STATIC
    if route.endswith(".png"):
        return PICTURES
    if route in _EXPORTS:
        return EXPORTS
    return API if route.startswith("/api/") and route != "/api/v1/docs" else PAGES
