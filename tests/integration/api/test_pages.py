"""Pages of lists: every item appears once, also while data change."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pymongo.database import Database

from app.domain.records import EarlierVersion, Mission
from app.errors import Conflict
from app.queries import cursors, profiles
from app.store import documents
from tests.integration.api.conftest import START, make_mission, make_profile

Get = Callable[..., Any]
# A time after the test, and one long before it.
JUST_NOW, LONG_AGO = datetime(2200, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC)
PROFILES = "/missions/smilla77/20221208T1145/profiles"


def test_pages_of_missions_have_no_gap_and_no_repetition(get: Get) -> None:
    first = get("/missions?limit=2").json
    second = get(f"/missions?limit=2&cursor={first['next']}").json
    assert [item["platform"] for item in first["items"] + second["items"]] == ["fiji", "nowhere", "smilla77"]
    assert second["next"] is None


def test_pages_of_missions_with_the_same_end_have_no_gap(get: Get) -> None:
    first = get("/missions?limit=1&year=2022").json
    second = get(f"/missions?limit=1&year=2022&cursor={first['next']}").json
    assert [page["items"][0]["platform"] for page in (first, second)] == ["nowhere", "smilla77"]


def test_pages_of_platforms_and_basins_are_ordered_by_id(get: Get) -> None:
    platforms = get("/platforms?limit=1").json
    assert get(f"/platforms?limit=1&cursor={platforms['next']}").json["items"][0]["platform"] == "nowhere"
    basins = get("/basins?limit=2").json
    assert [item["id"] for item in get(f"/basins?cursor={basins['next']}").json["items"]] == ["SEA-008"]


def test_pages_of_tracks_count_missions(get: Get) -> None:
    first = get("/tracks?limit=1").json
    assert {feature["properties"]["platform"] for feature in first["features"]} == {"fiji"}
    assert get(f"/tracks?limit=2&cursor={first['next']}").json["next"] is None


def test_a_cursor_of_profiles_keeps_the_version_of_its_first_page(get: Get, db: Database[Any], fleet: Mission) -> None:
    first = get(f"{PROFILES}?limit=3").json
    replace_mission(db, fleet, JUST_NOW)
    version = (fleet.platform, fleet.mission, "v2")
    db.profiles.insert_one(documents.profile_to_document(*version, make_profile(9)))
    second = get(f"{PROFILES}?limit=3&cursor={first['next']}").json
    assert (first["version"], second["version"]) == ("v1", "v1")
    assert [item["number"] for item in first["items"] + second["items"]] == [1, 2, 3, 4, 5]
    assert [item["number"] for item in get(PROFILES).json["items"]] == [9]


def replace_mission(db: Database[Any], mission: Mission, replaced_at: datetime) -> None:
    old = EarlierVersion(mission.version, mission.data_mode, replaced_at, "nrt.nc", mission.figures)
    newer = make_mission(version="v2", earlier=(*mission.earlier, old))
    db.missions.replace_one({"_id": mission.id}, documents.mission_to_document(newer))


def test_a_cursor_of_a_deleted_version_is_refused(get: Get, db: Database[Any], fleet: Mission) -> None:
    first = get(f"{PROFILES}?limit=3").json
    replace_mission(db, fleet, LONG_AGO)
    response = get(f"{PROFILES}?limit=3&cursor={first['next']}")
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == "cursor"


def test_an_export_of_a_deleted_version_is_aborted(db: Database[Any], fleet: Mission) -> None:
    samples = profiles.samples_of(fleet)
    first = next(samples)
    replace_mission(db, fleet, LONG_AGO)
    assert first["number"] == 0
    with pytest.raises(Conflict):
        list(samples)


def test_an_export_continues_after_its_version_was_just_replaced(db: Database[Any], fleet: Mission) -> None:
    samples = profiles.samples_of(fleet)
    next(samples)
    replace_mission(db, fleet, JUST_NOW)
    assert [document["number"] for document in samples] == [1]


@pytest.mark.parametrize("version", ["v7", "", "x" * 200])
def test_a_cursor_of_an_unknown_version_is_refused(get: Get, version: str) -> None:
    response = get(f"{PROFILES}?cursor={cursors.encode(version, START, 1)}")
    assert response.status_code == 400
    assert response.json["errors"][0]["field"] == "cursor"


def test_the_largest_limit_is_200(get: Get) -> None:
    assert get("/missions?limit=200").status_code == 200
