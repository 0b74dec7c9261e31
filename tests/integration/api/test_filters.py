"""Filters by WMO id, bounding box and status."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.queries import clock

Get = Callable[..., Any]
NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def platforms(
    client: FlaskClient, get: Get, db: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """The ids of the stored platforms, whose newest data are 1 h, 2 days, and more than a year old."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    ids = [item["platform"] for item in get("/platforms").json["items"]]
    ages = [timedelta(hours=1), timedelta(days=2), *[timedelta(days=400)] * len(ids)]
    for name, age in zip(ids, ages, strict=False):
        db.platforms.update_one({"_id": name}, {"$set": {"last_seen_at": NOW - age, "wmo_id": f"W-{name}"}})
    return ids


def names(response: Any) -> list[str]:
    return [item["platform"] for item in response.json["items"]]


def test_platforms_are_selected_by_status(get: Get, platforms: list[str]) -> None:
    by_status = {status: names(get(f"/platforms?status={status}")) for status in ("operational", "inactive", "closed")}
    assert by_status == {"operational": platforms[:1], "inactive": platforms[1:2], "closed": platforms[2:]}


def test_platforms_and_missions_are_selected_by_wmo_id(get: Get, platforms: list[str]) -> None:
    wmo_id = f"W-{platforms[0]}"
    assert names(get(f"/platforms?wmo_id={wmo_id}")) == [platforms[0]]
    missions = names(get(f"/missions?wmo_id={wmo_id}&simulated=include"))
    assert set(missions) == {platforms[0]}
    assert names(get(f"/missions?wmo_id={wmo_id}&platform={platforms[1]}")) == []
    assert names(get("/missions?wmo_id=0000001")) == []
    tracks = get(f"/tracks?wmo_id={wmo_id}&simulated=include").json["features"]
    assert {feature["properties"]["platform"] for feature in tracks} <= {platforms[0]}


def test_missions_are_selected_by_their_bounding_box(get: Get) -> None:
    everywhere = get("/missions").json["items"]
    west, south, east, north = next(item["bbox"] for item in everywhere if item["platform"] == "smilla77")
    inside = names(get(f"/missions?bbox={west},{south},{east},{north}"))
    assert "smilla77" in inside
    assert "smilla77" not in names(get("/missions?bbox=-60,-60,-50,-50"))


@pytest.mark.parametrize("query", ["/platforms?status=lost", "/missions?bbox=1,2,3", "/missions?wmo_id="])
def test_a_wrong_value_is_refused(get: Get, query: str) -> None:
    assert get(query).status_code == 400
