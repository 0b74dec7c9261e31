"""The last position of a platform: on the landing page, on its own page, and on the page of its mission."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.queries import clock

Page = Callable[[str], str]
ImportMission = Callable[..., None]
SAME_DAY = datetime(2021, 6, 30, 12, tzinfo=UTC)
# The last profile of `made_files.rows`.
DECIMALS = "55.50000, 15.53000"
MINUTES = "55°\u202f30.000′\u202fN, 15°\u202f31.800′\u202fE"


@pytest.mark.parametrize("path", ["/", "/fleet/sea001", "/missions/sea001/20210629T2053"])
def test_pages_show_the_last_position_without_scripts(page: Page, import_mission: ImportMission, path: str) -> None:
    import_mission()
    html = page(path)
    assert f'data-position="{DECIMALS}">{MINUTES}' in html


@pytest.mark.parametrize("path", ["/fleet/sea001", "/missions/sea001/20210629T2053"])
def test_a_position_has_decimal_degrees_its_time_and_a_copy_button(
    page: Page, import_mission: ImportMission, path: str
) -> None:
    import_mission()
    shown = page(path).split("data-last-position")[1].split("</dd>")[0]
    assert f"({DECIMALS})" in shown
    assert f'data-copy="{DECIMALS}"' in shown
    assert '<time datetime="2021-06-29T21:1' in shown
    assert "data-age" in shown


def test_the_landing_page_shows_positions_of_active_missions(
    page: Page, import_mission: ImportMission, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    assert MINUTES in page("/").split('id="listed"')[1].split("</table>")[0]


def test_an_entry_of_the_landing_page_has_the_time_of_a_position_that_is_older_than_the_data(
    page: Page, import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    import_mission()
    assert "data-position-at" not in page("/")
    before = {"$map": {"input": "$mid_at", "in": {"$subtract": ["$$this", 2 * 3_600_000]}}}
    db.tracks.update_many({}, [{"$set": {"mid_at": before}}])
    assert 'data-position-at>position of <time datetime="2021-06-29T19:1' in page("/")


def test_a_platform_without_a_valid_position_says_so(
    page: Page, import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    import_mission()
    columns = ("number", "lon_deg", "lat_deg", "mid_at", "max_depth_m")
    db.tracks.update_one({}, {"$set": {name: [] for name in columns}})
    assert "no valid position" in page("/fleet/sea001").split("data-last-position")[1].split("</dd>")[0]


def test_an_active_mission_is_at_sea_and_its_map_has_the_last_day(
    page: Page, client: FlaskClient, import_mission: ImportMission, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    assert "sea001 is at sea: 23\u202fmin so far" in page("/missions/sea001/20210629T2053")
    track = client.get("/api/v1/missions/sea001/20210629T2053/track").json["features"]
    assert [feature["properties"]["kind"] for feature in track] == ["track", "recent_track", "last_position"]

    monkeypatch.setattr(clock, "now", lambda: SAME_DAY + timedelta(days=2))
    assert "sea001 has sent no data since 29 Jun 2021" in page("/missions/sea001/20210629T2053")
    track = client.get("/api/v1/missions/sea001/20210629T2053/track").json["features"]
    assert [feature["properties"]["kind"] for feature in track] == ["track", "last_position"]
