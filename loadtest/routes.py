"""Name and kind of a request in the figures. The number of names does not grow with the archive."""

import re
from urllib.parse import parse_qs, urlsplit

PAGES, API, STATIC, EXPORTS, PICTURES = "pages", "api", "static", "exports", "pictures"
# Responses 304 and 429 are fast for every route: mixed with the others they would improve the percentiles.
UNCHANGED, LIMITED = "unchanged", "limited"
KINDS = (PAGES, API, STATIC, EXPORTS, PICTURES, UNCHANGED, LIMITED)

_MISSION = "/missions/<platform>/<mission>"
# Routes with parameters; the first match wins. All other routes are named by their path.
_PARAMETRISED = (
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
    pattern = {True: "[^/]+", False: ".+"}
    return re.compile("".join(pattern["path:" not in part] if part[:1] == "<" else re.escape(part) for part in parts))


_PATTERNS = {_pattern(route): route for route in _PARAMETRISED}


def name(path: str) -> str:
    """Return the route of a path, with the format if the query requests one."""
    parts = urlsplit(path)
    route = next((route for pattern, route in _PATTERNS.items() if pattern.fullmatch(parts.path)), parts.path)
    requested = parse_qs(parts.query).get("format", [""])[0]
    return f"{route} as {_FORMATS[requested]}" if requested in _FORMATS else route


def kind(name: str) -> str:
    """Return the kind of a name."""
    route = name.partition(" ")[0]
    for by_status in (UNCHANGED, LIMITED):
        if name.endswith(f" {by_status}"):
            return by_status
    if route.startswith("/static/"):
        return STATIC
    if route.endswith(".png"):
        return PICTURES
    if route in _EXPORTS:
        return EXPORTS
    return API if route.startswith("/api/") and route != "/api/v1/docs" else PAGES
