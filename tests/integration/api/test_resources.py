"""The responses of the endpoints to valid requests."""

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.domain.records import Mission

Get = Callable[..., Any]
SMILLA = "/missions/smilla77/20221208T1145"
PATHS = {
    "/platforms": "PlatformPage",
    "/platforms/smilla77": "Platform",
    "/missions": "MissionPage",
    SMILLA: "Mission",
    "/missions/nowhere/20240601T0000": "Mission",
    f"{SMILLA}/track": "Tracks",
    "/missions/fiji/20231230T1200/track": "Tracks",
    "/missions/nowhere/20240601T0000/track": "Tracks",
    "/tracks": "TracksPage",
    f"{SMILLA}/profiles": "ProfilePage",
    "/totals": "Totals",
    "/basins": "BasinPage",
    "/basins/SEA-007": "BasinFeature",
}


def valid(openapi: dict[str, Any], name: str, content: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": openapi["components"]}
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(content)
    return True


@pytest.mark.parametrize(("path", "schema"), PATHS.items())
def test_a_response_matches_its_schema(get: Get, openapi: dict[str, Any], path: str, schema: str) -> None:
    response = get(path)
    assert response.status_code == 200
    assert valid(openapi, schema, response.json)


def test_an_empty_store_gives_responses_of_the_same_schema(client: Any, openapi: dict[str, Any]) -> None:
    totals = client.get("/api/v1/totals").json
    assert valid(openapi, "Totals", totals)
    assert totals["fleet"]["missions"] == 0
    assert totals["fleet"]["computed_at"] is None
    assert client.get("/api/v1/missions").json == {"items": [], "next": None}


def test_a_mission_has_the_names_of_the_ingest_report(get: Get) -> None:
    mission = get(SMILLA).json
    expected = {
        "platform": "smilla77",
        "mission": "20221208T1145",
        "data_mode": "D",
        "samples": 8,
        "profiles": 5,
        "distance_m": 189188.1,
        "max_depth_m": 82.12,
        "vertical_m": 9155.3,
        "start_at": "2022-12-08T11:45:52.410Z",
        "end_at": "2022-12-16T11:45:52.410Z",
        "bbox": [15.98102, 55.24285, 16.36908, 55.58918],
        "basins": [{"id": "SEA-007", "name": "Bornholm Basin", "share": 1.0}],
        "warnings": [{"code": "depth_negative", "count": 35}],
    }
    assert {name: mission[name] for name in expected} == expected


def test_a_mission_lists_its_earlier_versions(get: Get) -> None:
    earlier = get(SMILLA).json["earlier_versions"]
    assert [(version["version"], version["data_mode"], version["samples"]) for version in earlier] == [("v0", "R", 7)]


def test_values_without_a_json_form_become_null_or_text(get: Get) -> None:
    metadata = get(SMILLA).json["metadata"]
    assert metadata["odd"] is None
    assert metadata["asked_at"] == "2022-12-08T11:45:52.410Z"


def test_the_name_of_the_importing_user_is_not_published(get: Get) -> None:
    assert "someone" not in get(SMILLA).text


@pytest.mark.parametrize("name", ["self", "platform", "track", "profiles", "data"])
def test_the_links_of_a_mission_work(client: Any, get: Get, name: str) -> None:
    assert client.get(get(SMILLA).json["links"][name]).status_code == 200


def test_a_platform_is_returned_by_its_serial_in_any_case(get: Get) -> None:
    assert get("/platforms/Smilla77").json["platform"] == "smilla77"


def test_missions_are_listed_newest_data_first(get: Get) -> None:
    assert [item["platform"] for item in get("/missions").json["items"]] == ["fiji", "nowhere", "smilla77"]


@pytest.mark.parametrize(
    ("query", "platforms"),
    [
        ("platform=smilla77", ["smilla77"]),
        ("platform=SMILLA77", ["smilla77"]),
        ("platform=unknown", []),
        ("basin=SEA-007", ["smilla77"]),
        ("data_mode=R", ["fiji"]),
        ("project=Baltic", ["fiji", "smilla77"]),
        ("year=2023", ["fiji"]),
        ("year=2024", ["fiji"]),
        ("variable=temperature", ["fiji", "smilla77"]),
        ("from=2023-01-01", ["fiji"]),
        ("from=2024-01-02T12:00:00Z", ["fiji"]),
        ("from=2024-01-02T12:00:00.001Z", []),
        ("to=2022-12-07", []),
        ("to=2022-12-08&platform=smilla77", ["smilla77"]),
        ("from=2022-12-10&to=2022-12-10&platform=smilla77", ["smilla77"]),
        ("data_mode=D&year=2022&variable=temperature&basin=SEA-007&project=Baltic", ["smilla77"]),
    ],
)
def test_missions_are_filtered(get: Get, query: str, platforms: list[str]) -> None:
    assert [item["platform"] for item in get(f"/missions?{query}").json["items"]] == platforms


def test_tracks_have_the_same_filters(get: Get) -> None:
    features = get("/tracks?year=2022&basin=SEA-007").json["features"]
    assert [feature["id"] for feature in features] == [
        "smilla77/20221208T1145/track",
        "smilla77/20221208T1145/last_position",
    ]


def test_a_track_is_geojson_with_its_last_position_and_box(get: Get) -> None:
    response = get(f"{SMILLA}/track")
    track, last = response.json["features"]
    assert response.mimetype == "application/geo+json"
    assert response.json["bbox"] == [15.98102, 55.24285, 16.36908, 55.58918]
    assert track["geometry"] == {
        "type": "MultiLineString",
        "coordinates": [[[15.99, 55.3], [16.1, 55.4], [16.3, 55.5]]],
    }
    assert last["geometry"] == {"type": "Point", "coordinates": [16.3, 55.5]}
    assert (track["properties"]["kind"], last["properties"]["kind"]) == ("track", "last_position")
    assert last["properties"]["at"] == "2022-12-08T13:45:52.410Z"


def test_a_track_across_180_degrees_is_two_lines_and_its_box_has_west_above_east(get: Get) -> None:
    track = get("/missions/fiji/20231230T1200/track").json
    assert track["bbox"] == [178.0, -18.0, -178.0, -17.0]
    assert track["features"][0]["geometry"]["coordinates"] == [[[178, -17], [180, -18]], [[-180, -18], [-178, -17]]]


def test_a_track_without_positions_has_no_geometry_and_no_box(get: Get) -> None:
    track = get("/missions/nowhere/20240601T0000/track").json
    assert "bbox" not in track
    assert [feature["geometry"] for feature in track["features"]] == [None]


def test_the_document_is_openapi_3_1(openapi: dict[str, Any]) -> None:
    assert openapi["openapi"] == "3.1.0"


@pytest.mark.parametrize("status", ["400", "404", "503"])
def test_errors_are_documented_as_problems(openapi: dict[str, Any], status: str) -> None:
    responses = openapi["paths"]["/api/v1/missions/{platform}/{mission}"]["get"]["responses"]
    assert list(responses[status]["content"]) == ["application/problem+json"]


def test_the_reference_page_contains_no_other_host(client: Any) -> None:
    response = client.get("/api/v1/docs")
    assert response.status_code == 200
    assert "/api/v1/openapi.json" in response.text
    assert "http://" not in response.text
    assert "https://" not in response.text


def test_a_simulated_mission_is_not_listed_among_real_ones(get: Get, db: Any, fleet: Mission) -> None:
    db.missions.update_one({"_id": fleet.id}, {"$set": {"simulated": True}})
    assert [item["platform"] for item in get("/missions").json["items"]] == ["fiji", "nowhere"]
