"""URLs of the API, built here for its own links, for pages and for templates.

All but `MISSION_ROUTE` are paths on this host: they begin with the path under which a proxy mounts the portal.
"""

from urllib.parse import quote, urlencode

from flask import request

ROOT = "/api/v1"
# The URL rule of a mission, for tables that are keyed by rule (rate limits, page cache).
MISSION_ROUTE = f"{ROOT}/missions/<platform>/<mission>"


def path(*parts: str, **query: str | int | None) -> str:
    """The path of a resource below the root of the API; parts and query are percent-encoded, None is left out."""
    below_root = "/".join([request.script_root + ROOT, *(quote(part, safe="") for part in parts)])
    given = {name: value for name, value in query.items() if value is not None}
    return f"{below_root}?{urlencode(given, quote_via=quote)}" if given else below_root


def mission(platform: str, mission: str, *parts: str, **query: str | int | None) -> str:
    """The path of a mission, or of what lies below it, such as `mission("smilla77", "20221208T1145", "track")`."""
    return path("missions", platform, mission, *parts, **query)
