"""The landing page in each of its states."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from app.queries import clock
from tests import made_files
from tests.integration.views.conftest import value

SAME_DAY = datetime(2021, 6, 30, 12, tzinfo=UTC)
Page = Callable[[str], str]


def test_an_empty_store_shows_how_to_import_the_first_file(page: Page) -> None:
    html = page("/")
    assert 'data-empty="store"' in html
    assert "has no public mission" in html  # Those of a portal may all be withdrawn.
    assert "halocline ingest" in html


def test_an_inactive_fleet_shows_the_platform_with_the_latest_data(
    page: Page, import_mission: Callable[..., None]
) -> None:
    import_mission()
    html = page("/")
    assert "No platform has sent data in the last 24 hours. The last data came from sea001" in html
    assert "Latest data" in html


def test_a_mission_with_data_of_the_last_24_hours_is_active(
    page: Page, import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    html = page("/")
    assert "1 mission has data of the last 24 hours." in html
    assert 'id="listed">Data of the last 24 hours<' in html
    assert "Earlier data" not in html


def test_inactive_missions_are_listed_below_the_active_ones(
    page: Page, import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    import_mission("sea002", "20200913T1226", rows=made_files.rows())
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    now, earlier = page("/").split("Earlier data")
    assert "sea001/20210629T2053" in now
    assert 'data-platform="sea002" data-track="sea002/20200913T1226"' in earlier
    assert "sea001" not in earlier.split("</table>")[0]


def test_totals_have_hooks_and_their_date(page: Page, import_mission: Callable[..., None]) -> None:
    import_mission()
    html = page("/")
    assert value(html, 'data-total="missions"') == "1"
    assert value(html, 'data-total="profiles"') == "4"
    assert 1800 < float(value(html, 'data-total="distance"')) < 2000
    assert float(value(html, 'data-total="time_at_sea"')) == 23 * 60
    assert "As of <time datetime=" in html


def test_the_table_lists_the_missions_of_the_map(page: Page, import_mission: Callable[..., None]) -> None:
    import_mission()
    html = page("/")
    assert 'data-tracks="/api/v1/tracks?limit=200&amp;detail=coarse"' in html
    assert 'data-track="sea001/20210629T2053"' in html


def test_simulated_missions_are_counted_and_listed_only_on_request(
    page: Page, import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    import_mission("sim001", simulated="true")
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    plain, with_simulated = page("/"), page("/?simulated=include")
    assert 'data-simulated="left-out">1 simulated mission has data of the last 24 hours' in plain
    assert "sim001/20210629T2053" not in plain
    assert 'data-track="sim001/20210629T2053"' in with_simulated
    assert 'data-tracks="/api/v1/tracks?limit=200&amp;detail=coarse&amp;simulated=include"' in with_simulated
    assert value(plain, 'data-total="missions"') == value(with_simulated, 'data-total="missions"') == "1"


def test_the_card_of_an_active_mission_shows_its_section(
    page: Page, import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    assert "card-section" not in page("/")
    assert 'class="spark"' in page("/")
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    html = page("/")
    assert "/sections/temperature.png?theme=light" in html
    assert 'class="spark"' not in html


def test_the_track_of_the_last_24_hours_is_a_separate_feature(
    client: FlaskClient, import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    kinds = lambda: [one["properties"]["kind"] for one in client.get("/api/v1/tracks").json["features"]]  # noqa: E731
    assert kinds() == ["track", "last_position"]
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    assert kinds() == ["track", "recent_track", "last_position"]
    # Of the four profiles of 20:53 to 21:16, the last two are recent, with the track that leads to them.
    monkeypatch.setattr(clock, "now", lambda: datetime(2021, 6, 30, 21, 7, tzinfo=UTC))
    track, recent, last = client.get("/api/v1/tracks").json["features"]
    assert recent["properties"]["since"] == "2021-06-29T21:07:00.000Z"
    assert 2 <= len(recent["geometry"]["coordinates"][0]) < 4
    assert recent["geometry"]["coordinates"][0][-1] == pytest.approx(last["geometry"]["coordinates"])
    assert track["geometry"]["type"] == "MultiLineString"


def test_the_landing_page_links_to_the_missions_that_report_now_in_each_basin(
    page: Page, client: FlaskClient, import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mission()
    import_mission("sea002", "20200913T1226", rows=made_files.rows())
    monkeypatch.setattr(clock, "now", lambda: SAME_DAY)
    link = page("/").split("data-reporting-in")[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert link == "/missions?basin=SEA-007&active=now"
    html = page(link)
    assert 'data-mission="sea001/20210629T2053"' in html
    assert "sea002" not in html.split("<tbody>")[1]
    # The second name is the former one.
    answers = [
        client.get(f"/api/v1/missions?{name}=now&basin=SEA-007").json["items"] for name in ("active", "reporting")
    ]
    assert [[mission["platform"] for mission in listed] for listed in answers] == [["sea001"], ["sea001"]]


@pytest.mark.parametrize("name", ["active", "reporting"])
def test_active_accepts_now_alone(client: FlaskClient, name: str) -> None:
    assert client.get(f"/missions?{name}=yesterday").status_code == 400
    assert client.get(f"/api/v1/missions?{name}=yesterday").status_code == 400
