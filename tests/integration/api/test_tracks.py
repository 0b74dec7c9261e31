"""Tracks for maps: bounding boxes, levels of detail, complete pages."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.store import documents, indexes, keyset, mission_lists
from tests.integration.api.conftest import START, make_mission, make_track, store
from tests.integration.api.paths import problem, refused

Document = dict[str, Any]
Get = Callable[..., Any]
LINE = ((15.99, 55.3), (16.123456789, 55.4), (16.3, 55.5))
BOXES = {
    "10,53,30,66": {"smilla77"},
    "16.2,55.4,16.3,55.5": {"smilla77"},
    "16.36908,55.58918,17,56": {"smilla77"},  # The boxes share a corner.
    "16.37,55,17,56": set(),
    "10,56,30,66": set(),
    "170,-30,-170,0": {"fiji"},
    "-179.9,-30,-170,0": {"fiji"},
    "170,-30,179,0": {"fiji"},
    "-177,-30,-170,0": set(),
    "179,-17.5,179,-17.5": {"fiji"},
    "-180,-90,180,90": {"smilla77", "fiji"},
    "20,-90,10,90": {"fiji"},
    "17,-90,15.99,90": {"smilla77", "fiji"},
}


def platforms(collection: Document) -> set[str]:
    return {feature["properties"]["platform"] for feature in collection["features"]}


def test_a_box_selects_the_missions_whose_box_intersects_it(get: Get) -> None:
    assert {box: platforms(get(f"/tracks?bbox={box}").json) for box in BOXES} == BOXES


def test_a_box_combines_with_filters_and_orders(get: Get) -> None:
    expected = {"data_mode=R": {"fiji"}, "sort=oldest": {"smilla77", "fiji"}, "sort=deepest": {"smilla77", "fiji"}}
    world = "/tracks?bbox=-180,-90,180,90&"
    assert {query: platforms(get(world + query).json) for query in expected} == expected
    assert platforms(get(world + "from=2023-01-01&to=2024-12-31").json) == {"fiji"}


@pytest.mark.parametrize(
    "box",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "a,b,c,d",
        "nan,0,1,1",
        "0,0,inf,1",
        "-181,0,1,1",
        "0,0,180.1,1",
        "0,2,1,1",
        "0,-91,1,1",
        "0,0,1,91",
        "1;2;3;4",
        "%00,0,0,0",
        "1" * 5000,
    ],
)
def test_an_invalid_box_is_refused_and_named(get: Get, box: str) -> None:
    assert problem(get(f"/tracks?bbox={box}")) == refused(400, "bbox")


@pytest.mark.parametrize("detail", ["", "FINE", "0.1", "coarser"])
def test_an_unknown_detail_is_refused(get: Get, detail: str) -> None:
    assert problem(get(f"/tracks?detail={detail}")) == refused(400, "detail")


@pytest.fixture
def three_lines(db: Database[Document]) -> None:
    """A mission with three points in its fine line and two in its other lines."""
    mission = make_mission()
    store(db, mission)
    track = replace(make_track(mission, LINE), medium=((LINE[0], LINE[1]),), coarse=((LINE[0], LINE[2]),))
    db.tracks.replace_one({"_id": mission.id}, documents.track_to_document(track))


def coordinates(client: FlaskClient, query: str) -> list[list[list[float]]]:
    features = client.get(f"/api/v1/tracks{query}").json["features"]
    lines: list[list[list[float]]] = features[0]["geometry"]["coordinates"]
    return lines


def test_the_last_position_is_a_point_with_longitude_first(client: FlaskClient, three_lines: None) -> None:
    last = client.get("/api/v1/tracks").json["features"][-1]
    assert last["properties"]["kind"] == "last_position"
    assert last["geometry"] == {"type": "Point", "coordinates": [16.3, 55.5]}


def test_each_detail_has_its_own_line_and_digits(client: FlaskClient, three_lines: None) -> None:
    assert coordinates(client, "") == [[[15.99, 55.3], [16.123457, 55.4], [16.3, 55.5]]]
    assert coordinates(client, "?detail=fine") == coordinates(client, "")
    assert coordinates(client, "?detail=medium") == [[[15.99, 55.3], [16.1235, 55.4]]]
    assert coordinates(client, "?detail=coarse") == [[[15.99, 55.3], [16.3, 55.5]]]


def test_a_track_of_an_earlier_release_is_served_as_well(
    client: FlaskClient, db: Database[Document], three_lines: None
) -> None:
    db.tracks.update_many({}, {"$unset": {"medium": 1, "coarse": 1}})
    assert coordinates(client, "?detail=coarse") == [[[15.99, 55.3], [16.12, 55.4], [16.3, 55.5]]]


def test_the_last_position_has_the_depth_of_its_profile(get: Get) -> None:
    last = get("/tracks?platform=smilla77").json["features"][1]["properties"]
    assert (last["kind"], last["max_depth_m"]) == ("last_position", 10.0)


@pytest.fixture
def chequered(db: Database[Document]) -> list[str]:
    """60 missions, every third in the box (0,0,1,1), several with the same end. Returns those, newest first."""
    missions = [
        make_mission(
            platform=f"p{n:02d}",
            bbox=(0.5, 0.5, 0.6, 0.6) if n % 3 == 0 else (5.0, 5.0, 6.0, 6.0),
            end_at=START + timedelta(days=n // 4),
            basins=(),
        )
        for n in range(60)
    ]
    db.missions.insert_many([documents.mission_to_document(mission) for mission in missions])
    db.tracks.insert_many([documents.track_to_document(make_track(mission, LINE)) for mission in missions])
    inside = [mission for mission in missions if mission.figures.bbox == (0.5, 0.5, 0.6, 0.6)]
    return [m.platform for m in sorted(inside, key=lambda m: (-m.figures.end_at.timestamp(), m.id))]


@pytest.fixture
def paged(client: FlaskClient, chequered: list[str]) -> list[str]:
    """The platforms on all pages of a box, in their order."""
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/api/v1/tracks?bbox=0,0,1,1&limit=3" + (f"&cursor={cursor}" if cursor else "")).json
        names += [f["properties"]["platform"] for f in page["features"] if f["properties"]["kind"] == "track"]
        cursor = page["next"]
    return names


def test_the_pages_of_a_box_skip_nothing_and_repeat_nothing(paged: list[str], chequered: list[str]) -> None:
    assert paged == chequered
    assert len(paged) == 20


def test_a_box_is_read_with_an_index_and_examines_no_other_mission(
    db: Database[Document], chequered: list[str]
) -> None:
    query = mission_lists._query(mission_lists.Criteria({}, within=(0, 0, 1, 1)), {})
    cursor = db.missions.find(query).sort(keyset.order("figures.end_at", -1)).limit(5).hint(indexes.BOXED)
    statistics = cursor.explain()["executionStats"]
    assert (statistics["nReturned"], statistics["totalDocsExamined"]) == (5, 5)


def test_missions_of_an_earlier_release_get_their_extent(db: Database[Document]) -> None:
    missions = [
        make_mission(platform="plain"),
        make_mission(platform="across", bbox=(178.0, -18.0, -178.0, -17.0)),
        make_mission(platform="nowhere", bbox=None),
    ]
    db.missions.insert_many([documents.mission_to_document(mission) for mission in missions])
    db.missions.update_many({}, {"$unset": {"extent": 1}})
    indexes.ensure(db)
    extents = {doc["platform"]: doc["extent"] for doc in db.missions.find()}
    assert extents == {mission.platform: documents.mission_extent(mission) for mission in missions}


def test_outlines_are_only_of_basins_with_missions(get: Get, db: Database[Document]) -> None:
    simple = {"type": "Polygon", "coordinates": [[[15, 54], [17, 54], [17, 56], [15, 54]]]}
    db.basins.update_one({"_id": "SEA-007"}, {"$set": {"outline": simple}})
    page = get("/outlines").json
    assert [(f["id"], f["geometry"], f["properties"]["missions"]) for f in page["features"]] == [("SEA-007", simple, 1)]
    assert page["next"] is None


def test_outlines_are_paged(get: Get, db: Database[Document]) -> None:
    db.totals.update_one({"_id": "year:2022"}, {"$set": {"kind": "basin", "scope": "basin:SEA-008"}})
    first = get("/outlines?limit=1").json
    second = get(f"/outlines?limit=1&cursor={first['next']}").json
    assert [f["id"] for page in (first, second) for f in page["features"]] == ["SEA-007", "SEA-008"]
    assert second["next"] is None
