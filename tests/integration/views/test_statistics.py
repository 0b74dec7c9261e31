"""Statistics by year, basin and platform."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.views import statistics
from tests import made_files
from tests.integration.views.conftest import HOSTILE, value

Page = Callable[[str], str]
ImportMission = Callable[..., None]
SUMS = ("missions", "profiles", "distance_m", "time_at_sea_s")
# 2023-12-31T23:50:00Z: of 24 samples, one a minute, the first 10 are in 2023.
NEW_YEARS_EVE = 1_704_066_600.0


@pytest.fixture
def two_missions(import_mission: ImportMission) -> None:
    """A mission over New Year in the Bornholm Basin and one of 2021 in the middle of the Atlantic."""
    import_mission(mission="20231231T2350", rows=made_files.rows(start_s=NEW_YEARS_EVE))
    import_mission("sea002", rows=made_files.rows(lon=-40.0, lat=30.0, start_s=1_625_000_000.0))


def test_an_empty_store_shows_a_note(page: Page) -> None:
    assert 'data-empty="store"' in page("/stats")


def test_a_mission_over_new_year_is_split_by_the_times_of_its_samples(page: Page, two_missions: None) -> None:
    html = page("/stats")
    days = {year: float(value(html.split(f'data-scope="year:{year}"')[1], "time_at_sea_s")) for year in (2023, 2024)}
    assert days == {2023: 600.0, 2024: 780.0}
    missions = [value(html.split(f'data-scope="year:{year}"')[1], 'data-sum="missions"') for year in (2023, 2024)]
    assert missions == ["1", "1"]


def test_the_last_data_time_of_a_year_is_within_the_year(client: FlaskClient, two_missions: None) -> None:
    years = client.get("/api/v1/stats?by=year", buffered=True).json["items"]
    last = {year["key"]: year["last_data_at"] for year in years}
    assert last == {
        "2021": "2021-06-29T21:16:20.000Z",
        "2023": "2024-01-01T00:00:00.000Z",
        "2024": "2024-01-01T00:13:00.000Z",
    }


@pytest.mark.parametrize("by", ["year", "basin", "platform"])
def test_the_sums_equal_those_of_the_api(page: Page, client: FlaskClient, two_missions: None, by: str) -> None:
    html = page("/stats").split(f'data-statistics="{by}"')[1].split("</section>")[0]
    items = client.get(f"/api/v1/stats?by={by}").json["items"]
    rows = {item["scope"]: html.split(f'data-scope="{item["scope"]}"')[1] for item in items}
    shown = {scope: {name: float(value(row, f'data-sum="{name}"')) for name in SUMS} for scope, row in rows.items()}
    assert len(items) >= 2
    assert html.count("data-scope=") == len(items)
    assert shown == {item["scope"]: {name: item[name] for name in SUMS} for item in items}


def test_years_add_up_to_the_fleet(page: Page, client: FlaskClient, two_missions: None) -> None:
    html = page("/stats")
    years = client.get("/api/v1/stats?by=year").json["items"]
    assert sum(year["time_at_sea_s"] for year in years) == float(value(html, 'data-total="time_at_sea"'))
    assert sum(year["profiles"] for year in years) == float(value(html, 'data-total="profiles"'))


def test_the_date_of_the_sums_is_shown(page: Page, two_missions: None) -> None:
    assert "Computed <time datetime=" in page("/stats")


def test_bars_have_no_style_attribute(page: Page, two_missions: None) -> None:
    html = page("/stats")
    assert '<rect width="100.0" height="10"/>' in html
    assert "style=" not in html


def test_a_shortened_table_states_how_many_rows_it_lists(
    page: Page, two_missions: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = page("/stats")
    monkeypatch.setattr(statistics, "_PLATFORMS_AT_MOST", 1)
    html = page("/stats")
    assert "The table lists 1 of 2; the CSV lists all." in html
    assert whole.count("<tr data-scope=") - html.count("<tr data-scope=") == 1


def test_names_are_escaped(page: Page, db: Database[dict[str, Any]], two_missions: None) -> None:
    db.basins.update_one({"_id": "SEA-007"}, {"$set": {"name": HOSTILE}})
    db.platforms.update_one({"_id": "sea001"}, {"$set": {"serial": HOSTILE, "serial_key": HOSTILE.lower()}})
    assert "<script>alert" not in page("/stats")
