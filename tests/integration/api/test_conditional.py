"""Conditional requests: a matching ETag gets 304 without a body."""

from collections.abc import Callable
from typing import Any

import pytest
from pymongo.database import Database

from app.domain.records import Mission

Get = Callable[..., Any]
SMILLA = "/missions/smilla77/20221208T1145"
PATHS = [
    "/platforms",
    "/platforms/smilla77",
    "/missions",
    SMILLA,
    f"{SMILLA}/track",
    f"{SMILLA}/profiles",
    f"{SMILLA}/data",
    f"{SMILLA}/data?format=netcdf",
    f"{SMILLA}/track?format=kml",
    "/export",
    "/export?format=netcdf",
    "/export?format=geojson",
    "/export?format=kml",
    "/observations",
    "/observations?format=csv",
    "/tracks",
    "/totals",
    "/basins",
    "/basins/SEA-007",
    "/openapi.json",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_matching_etag_gets_304_without_a_body(get: Get, path: str) -> None:
    first = get(path)
    second = get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert not first.headers["ETag"].startswith("W/")
    assert first.headers["Cache-Control"].startswith("public, max-age=0, ")
    assert (second.status_code, second.data) == (304, b"")
    assert second.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize("path", PATHS)
def test_head_gives_the_headers_of_get_without_a_body(get: Get, path: str) -> None:
    head = get(path, method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == get(path).headers["ETag"]


@pytest.mark.parametrize("path", [SMILLA, f"{SMILLA}/data", "/export", "/missions"])
def test_the_etag_changes_with_the_mission(get: Get, db: Database[Any], fleet: Mission, path: str) -> None:
    before = get(path).headers["ETag"]
    db.missions.update_one({"_id": fleet.id}, {"$set": {"figures.samples": 9}})
    assert get(path, headers={"If-None-Match": before}).status_code == 200


@pytest.mark.parametrize("path", [f"{SMILLA}/data", f"{SMILLA}/data?format=netcdf", "/export", "/observations"])
def test_a_failed_if_match_gets_412_without_a_body(get: Get, path: str) -> None:
    response = get(path, headers={"If-Match": '"other"'})
    assert (response.status_code, response.data) == (412, b"")
