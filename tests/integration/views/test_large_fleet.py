"""Pages count every mission of a large fleet, also those that their lists leave out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.queries import clock, missions
from tests.integration.views.conftest import SUMMER, value

Page = Callable[[str], str]
NOW = datetime.fromtimestamp(SUMMER, UTC) + timedelta(hours=2)
FLEET = 60
BORNHOLM = "/basins/SEA-007"


@pytest.fixture
def large_fleet(
    import_mission: Callable[..., None], db: Database[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty platforms that report now in the Bornholm Basin, more than the landing page lists."""
    import_mission()
    for collection in ("missions", "platforms"):
        template = db[collection].find_one({"platform": "sea001"}) or {}
        copies = [
            {**template, "_id": template["_id"].replace("sea001", f"sea{n:03d}"), "platform": f"sea{n:03d}"}
            for n in range(2, FLEET + 1)
        ]
        db[collection].insert_many(copies)
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_the_landing_page_counts_the_missions_that_it_does_not_list(
    page: Page, client: FlaskClient, large_fleet: None
) -> None:
    html = page("/")
    assert f"{FLEET} missions have data of the last 24 hours." in html
    assert f"({FLEET})" in html.split("data-reporting-in")[1].split("</p>")[0]
    assert f"holds all {FLEET}" in html
    assert f"All {FLEET} platforms at sea report on time." in html
    listed = client.get("/api/v1/missions?active=now&basin=SEA-007&limit=200").json["items"]
    assert len(listed) == FLEET


def test_the_page_of_a_basin_links_to_the_missions_that_report_there_now(
    page: Page, large_fleet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = page(BORNHOLM)
    assert f"{FLEET} missions report now</a>" in html
    assert 'href="/missions?basin=SEA-007&amp;active=now"' in html
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    assert "data-reporting-here" not in page(BORNHOLM)


@pytest.mark.parametrize("path", ["/missions?basin=SEA-007", "/map?basin=SEA-007"])
def test_a_number_that_was_not_counted_to_its_end_is_written_in_words(
    page: Page, large_fleet: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(missions, "MOST_COUNTED", 2)
    html = page(path)
    assert "more than 2</data>" in html
    assert "or more" not in html
    assert value(html, 'data-count="missions"') == "2"
