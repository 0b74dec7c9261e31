"""Reported positions on pages and in the API: the newest position wins, and no figure changes by a reported one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import extensions
from app.ingest.derive import rebuild
from app.ingest.verify import verification
from app.store import reported_positions, reporting, transactions
from tests import made_files
from tests.integration.positions.conftest import DATA_START, NOW, Send, position, stored
from tests.signed_webhooks import secret

Page = Callable[[str], str]
Get = Callable[[str], Any]
ImportMission = Callable[..., None]
MISSION = "20260101T0000"
OF_DATA, REPORTED = "55.50000, 15.53000", "56.25000, 16.50000"
pytestmark = pytest.mark.usefixtures("at_sea")


def last_position(get: Get) -> tuple[str, float, float, float | None]:
    last = get("/platforms/sea001")["last_position"]
    return last["source"], last["lat_deg"], last["lon_deg"], last["accuracy_m"]


def test_the_newest_position_is_shown_with_its_source_and_accuracy(send: Send, page: Page, get: Get) -> None:
    before = [f'data-position="{OF_DATA}"' in page(path) for path in ("/", "/fleet/sea001")]
    send(position(-10, accuracy_m=450))
    landing, own = page("/").split('id="listed"')[1].split("</table>")[0], page("/fleet/sea001")

    assert before == [True, True]
    assert f'data-position="{REPORTED}"' in landing
    assert f'data-position="{REPORTED}"' in own
    assert "not from profile data, accuracy 450\u202fm" in landing
    assert "reported, not from profile data; accuracy 450\u202fm" in own
    assert last_position(get) == ("report", 56.25, 16.5, 450)
    assert get("/platforms")["items"][0]["last_position"]["source"] == "report"


def test_the_sender_is_not_public(send: Send, page: Page, get: Get) -> None:
    send(position(), secret("i"))
    texts = [page("/"), page("/fleet/sea001"), *(str(get(path)) for path in ("/platforms/sea001/positions", "/tracks"))]
    assert [text for text in texts if "institute" in text.lower()] == []


def test_a_platform_without_data_in_the_window_shows_its_reported_position(
    send: Send, page: Page, import_mission: ImportMission
) -> None:
    import_mission("sea002", rows=made_files.rows(start_s=(NOW - timedelta(days=3)).timestamp()))
    send(position(platform="sea002"))
    row = page("/").split('data-platform="sea002"')[1].split("</tr>")[0]
    assert f'data-position="{REPORTED}"' in row
    for path in ("/fleet", "/status"):
        row = page(path).split('data-platform="sea002"')[1].split("</tr>")[0]
        assert "data-reported>position reported <time" in row


def test_the_map_has_the_reported_position_beside_the_track(send: Send, get: Get) -> None:
    send(position(accuracy_m=450))
    features = get("/tracks?detail=coarse")["features"]
    kinds = [feature["properties"]["kind"] for feature in features]
    reported = features[-1]
    assert kinds == ["track", "recent_track", "last_position", "reported_position"]
    assert reported["geometry"] == {"type": "Point", "coordinates": [16.5, 56.25]}
    assert reported["properties"]["accuracy_m"] == 450
    # A mission consists of its files.
    of_mission = get(f"/missions/sea001/{MISSION}/track")["features"]
    assert [feature["properties"]["kind"] for feature in of_mission] == kinds[:-1]


def test_only_the_last_mission_of_a_platform_has_it(send: Send, get: Get, import_mission: ImportMission) -> None:
    earlier = (NOW - timedelta(days=40)).timestamp()
    import_mission(mission="20250101T0000", rows=made_files.rows(start_s=earlier))
    send(position())
    features = get("/tracks")["features"]
    shown = [each["properties"]["mission"] for each in features if each["properties"]["kind"] == "reported_position"]
    assert shown == [MISSION]


def test_positions_that_arrive_late_never_replace_a_newer_one(send: Send, get: Get) -> None:
    answers = [send(position(minutes, latitude=50 - minutes)) for minutes in (-30, -10, -20)]
    outcomes = [answer.json["positions"][0]["outcome"] for answer in answers]
    history = get("/platforms/sea001/positions")["items"]

    assert outcomes == ["newest", "newest", "earlier"]
    assert last_position(get)[1] == 60
    assert [each["lat_deg"] for each in history] == [60, 70, 80]
    assert [each["lat_deg"] for each in get("/platforms/sea001/positions?limit=1")["items"]] == [60]


def test_data_win_over_older_reports_and_newer_data_take_over(
    send: Send, page: Page, get: Get, import_mission: ImportMission
) -> None:
    send(position(-240))
    older = last_position(get)[0]
    send(position(-60))
    newer = last_position(get)[0]
    import_mission(mission=MISSION, rows=made_files.rows(profiles=23, start_s=DATA_START.timestamp()))

    assert (older, newer, last_position(get)[0]) == ("data", "report", "data")
    assert "data-reported>" not in page("/") + page("/fleet/sea001")
    assert get("/platforms/sea001/positions")["items"] == []
    assert [each["properties"]["kind"] for each in get("/tracks")["features"]][-1] == "last_position"


def test_no_figure_changes_by_a_position(send: Send, get: Get, client: FlaskClient) -> None:
    mission = f"/missions/sea001/{MISSION}"
    paths = [
        "/totals",
        "/stats",
        "/missions",
        mission,
        f"{mission}/track",
        f"{mission}/sections",
        "/basins",
        "/updates",
    ]
    exports = [f"{mission}/data", f"{mission}/track?format=kml", "/export"]

    def figures() -> list[Any]:
        platform = get("/platforms/sea001")
        del platform["last_position"]
        return [platform, *map(get, paths), *(client.get(f"/api/v1{path}", buffered=True).data for path in exports)]

    before = figures()
    send([position(minutes, latitude=40 - minutes / 10) for minutes in range(-50, 0, 10)])
    rebuilt = rebuild.rebuild(verification.basin_map())

    assert figures() == before
    assert not rebuilt
    assert verification.verify(None, True, 1.0).differences == []


def test_a_position_counts_as_a_report_but_does_not_prolong_the_mission(
    send: Send, get: Get, page: Page, import_mission: ImportMission
) -> None:
    # Without an interval of its own it is six hours: late after 18 hours, silent after three days.
    for name, days in (("sea002", 4), ("sea003", 15)):
        import_mission(name, rows=made_files.rows(start_s=(NOW - timedelta(days=days)).timestamp()))
    states = [get(f"/platforms/{name}")["reporting_state"] for name in ("sea001", "sea002", "sea003")]
    silent = [each["platform"] for each in get("/platforms?reporting_state=silent")["items"]]
    send([position(platform="sea002"), position(platform="sea003")])

    assert (states, silent) == (["on_time", "silent", None], ["sea002"])
    assert [get(f"/platforms/{name}")["reporting_state"] for name in ("sea002", "sea003")] == ["on_time", None]
    assert get("/platforms?reporting_state=silent")["items"] == []
    on_time = [each["platform"] for each in get("/platforms?reporting_state=on_time")["items"]]
    assert on_time == ["sea001", "sea002"]
    assert reporting.platforms_by_state(NOW, simulated=False) == {"on_time": 2, "late": 0, "silent": 0}
    assert "All 2 platforms at sea report on time." in page("/")
    assert 'data-platform="sea002"' in page("/fleet?reporting_state=on_time")
    assert get("/platforms/sea002")["status"] == "inactive"


def test_a_position_is_a_change_of_its_platform(send: Send) -> None:
    extensions.mongo.db.changes.delete_many({})
    send(position(-10))
    send([position(-20), position(-15)])
    assert [doc["tags"] for doc in extensions.mongo.db.changes.find()] == [["platform:sea001"]]


def test_positions_of_simulated_platforms_are_changes_of_their_own(send: Send) -> None:
    extensions.mongo.db.platforms.insert_one(
        {**extensions.mongo.db.platforms.find_one({}), "_id": "sim1", "platform": "sim1", "simulated": True}
    )
    extensions.mongo.db.changes.delete_many({})
    send([position(), position(platform="sim1")])
    changes = extensions.mongo.db.changes.find().sort("_id", 1)
    assert [doc["tags"] for doc in changes] == [["platform:sim1", "simulated"], ["platform:sea001"]]


def test_positions_follow_a_renamed_platform(send: Send, get: Get) -> None:
    send(position(-10))
    documents = extensions.mongo.db
    transactions.run(lambda session: reported_positions.rename("sea001", "sea9", session))
    assert documents.newest_positions.distinct("_id") == ["sea9"]
    assert documents.reported_positions.distinct("platform") == ["sea9"]

    documents.platforms.update_one({"_id": "sea001"}, {"$set": {"wmo_id": None}})
    documents.platform_aliases.insert_one({"_id": "former", "platform": "sea001", "at": NOW})
    assert send(position(-5, platform="FORMER")).json["positions"][0]["platform"] == "sea001"


def test_the_history_of_a_platform_is_bounded(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reported_positions, "_HISTORY", 3)
    send([position(minutes) for minutes in range(-50, 0, 10)])
    times = [(NOW + timedelta(minutes=minutes)).isoformat() for minutes in (-30, -20, -10)]
    assert stored() == [("sea001", time) for time in times]
