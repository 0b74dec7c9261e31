"""The paths of the API over the small fleet, and the form of a refused request."""

from typing import Any

LISTS = [
    "/missions",
    "/tracks",
    "/platforms",
    "/updates",
    "/imports",
    "/basins",
    "/outlines",
    "/missions/smilla77/20221208T1145/profiles",
]
PLAIN = [
    "/totals",
    "/stats",
    "/status",
    "/openapi.json",
    "/docs",
    "/platforms/smilla77",
    "/platforms/smilla77/positions",
    "/search",
    "/basins/SEA-007",
    "/missions/smilla77/20221208T1145",
    "/missions/smilla77/20221208T1145/citation",
    "/missions/smilla77/20221208T1145/track",
    "/missions/smilla77/20221208T1145/sections",
    "/missions/smilla77/20221208T1145/sections/temperature",
    "/missions/smilla77/20221208T1145/sections/temperature.png",
    "/missions/smilla77/20221208T1145/sections/temperature.svg",
    "/missions/smilla77/20221208T1145/ts",
    "/missions/smilla77/20221208T1145/ts.png",
    "/missions/smilla77/20221208T1145/ts.svg",
    "/missions/smilla77/20221208T1145/profiles/1",
    "/missions/smilla77/20221208T1145/data",
    "/export",
    "/observations",
]
# Their tests are in tests/integration/uploads: each request needs an API key.
KEYED = ["/imports/waiting", "/imports/0", "/imports/0/approve", "/imports/0/reject", "/imports/0/import"]
DATA = "/missions/smilla77/20221208T1145/data?format=netcdf"


def problem(response: Any) -> tuple[int, str, list[str]]:
    """The status, media type and invalid fields of a response."""
    fields = [error["field"] for error in response.json.get("errors", [])]
    return response.json["status"], response.mimetype, fields


def refused(status: int, *fields: str) -> tuple[int, str, list[str]]:
    """The expected `problem` of a refused request."""
    return status, "application/problem+json", list(fields)
