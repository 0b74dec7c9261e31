"""A mission's page says that it is over exactly when its updates do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.queries import clock
from tests import made_files
from tests.integration.views.conftest import SUMMER

Page = Callable[[str], str]
ImportMission = Callable[..., None]
MISSION = "sea001/20210629T2053"
ENDED = datetime.fromtimestamp(SUMMER, UTC) + timedelta(minutes=23)
DAY = timedelta(days=1)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """A function that sets the clock of the portal."""
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


def state(html: str) -> str:
    return html.split('data-state="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("age", "expected", "words"),
    [
        (DAY, "at_sea", "is at sea"),
        (DAY + timedelta(seconds=1), "without_data", "has sent no data since 29 Jun 2021"),
        (14 * DAY - timedelta(seconds=1), "without_data", "has sent no data since 29 Jun 2021"),
        (14 * DAY, "over", "was at sea for"),
    ],
)
def test_silence_ends_a_mission_on_its_page_and_in_its_updates_at_once(
    page: Page,
    client: FlaskClient,
    import_mission: ImportMission,
    at: Callable[[datetime], None],
    age: timedelta,
    expected: str,
    words: str,
) -> None:
    import_mission()
    at(ENDED + age)
    html = page(f"/missions/{MISSION}")
    assert state(html) == expected
    assert words in html
    ends = client.get("/api/v1/updates?kind=end").json["items"]
    assert len(ends) == (expected == "over")


def test_a_later_mission_ends_the_one_before_on_its_page(
    page: Page, import_mission: ImportMission, at: Callable[[datetime], None]
) -> None:
    import_mission()
    import_mission(mission="20210630T0053", rows=made_files.rows(start_s=SUMMER + 4 * 3600))
    at(ENDED + timedelta(hours=5))
    assert state(page(f"/missions/{MISSION}")) == "over"
    assert state(page("/missions/sea001/20210630T0053")) == "at_sea"


@pytest.mark.parametrize("mode", ["P", "A"])
def test_a_mission_whose_first_data_are_adjusted_is_at_sea(
    page: Page, client: FlaskClient, import_mission: ImportMission, mode: str
) -> None:
    import_mission(rows=made_files.rows(start_s=datetime.now(UTC).timestamp() - 3600), mode=mode)
    assert state(page(f"/missions/{MISSION}")) == "at_sea"
    assert client.get("/api/v1/updates?kind=end").json["items"] == []
    assert client.get("/api/v1/platforms/sea001").json["reporting_state"] == "on_time"


def test_delayed_data_end_a_mission_on_its_page(page: Page, import_mission: ImportMission) -> None:
    rows = made_files.rows(start_s=datetime.now(UTC).timestamp() - 3600)
    import_mission(rows=rows)
    assert state(page(f"/missions/{MISSION}")) == "at_sea"
    import_mission(rows=rows, mode="D")
    assert state(page(f"/missions/{MISSION}")) == "over"


def test_the_filter_of_ends_includes_those_of_an_earlier_release(
    page: Page, client: FlaskClient, import_mission: ImportMission, db: Database[dict[str, Any]]
) -> None:
    import_mission()
    end = db.updates.find_one_and_delete({"kind": "end"}) or {}
    db.updates.insert_one({**end, "_id": f"recovery/{MISSION}", "kind": "recovery"})
    assert [item["id"] for item in client.get("/api/v1/updates?kind=end").json["items"]] == [f"end/{MISSION}"]
    assert f'data-update="end/{MISSION}"' in page("/updates?kind=end&platform=sea001")
    assert f"halocline:end/{MISSION}" in page("/updates.rss?kind=end")
    assert state(page(f"/missions/{MISSION}")) == "over"
