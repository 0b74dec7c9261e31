"""Yearly statistics on the page, in the CSV and in the API: missions over New Year, uptime, basins by year."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.queries import clock
from tests import made_files

Page = Callable[[str], str]
ImportMission = Callable[..., None]
DAY_S = 86_400.0


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def mission(import_mission: ImportMission) -> Callable[..., None]:
    """A function that imports a mission that lasts exactly from one time to another."""

    def run(begin: str, end: str, platform: str = "sea001", lon: float = 15.5) -> None:
        columns = made_files.rows(profiles=72, lon=lon)
        times = np.linspace(at(begin).timestamp(), at(end).timestamp(), len(columns["time"]))
        import_mission(platform, at(begin).strftime("%Y%m%dT%H%M"), rows={**columns, "time": times})

    return run


@pytest.fixture
def stats(client: FlaskClient) -> Callable[[str], dict[str, Any]]:
    """The rows of the API's statistics, by key."""
    return lambda by: {item["key"]: item for item in client.get(f"/api/v1/stats?by={by}").json["items"]}


@pytest.fixture
def over_new_year(mission: Callable[..., None]) -> None:
    """A mission of three days, one half in each year: another portal counted it wrongly."""
    mission("2023-12-30T12:00", "2024-01-02T12:00")


def test_a_mission_over_new_year_is_split_by_the_times_of_its_samples(
    over_new_year: None, stats: Callable[..., Any]
) -> None:
    years = stats("year")
    assert {year: row["time_at_sea_s"] / DAY_S for year, row in years.items()} == {"2023": 1.5, "2024": 1.5}
    assert {year: row["uptime_percent"] for year, row in years.items()} == {
        "2023": pytest.approx(100 * 1.5 / 365),
        "2024": pytest.approx(100 * 1.5 / 366),
    }
    assert sum(row["profiles"] for row in years.values()) == 72


def test_a_mission_that_begins_with_the_year_is_in_that_year_alone(
    mission: Callable[..., None], stats: Callable[..., Any]
) -> None:
    mission("2024-01-01T00:00", "2024-01-03T00:00")
    assert {year: row["time_at_sea_s"] for year, row in stats("year").items()} == {"2024": 2 * DAY_S}


def test_concurrent_missions_count_once_for_uptime_and_twice_for_sea_days(
    mission: Callable[..., None], stats: Callable[..., Any]
) -> None:
    mission("2023-03-01T00:00", "2023-03-05T00:00")
    mission("2023-03-03T00:00", "2023-03-08T00:00", "sea002")
    mission("2023-06-01T00:00", "2023-06-02T00:00", "sea002")
    row = stats("year")["2023"]
    assert (row["time_at_sea_s"] / DAY_S, row["under_way_s"] / DAY_S) == (10.0, 8.0)
    assert row["uptime_percent"] == pytest.approx(100 * 8 / 365)
    assert row["mean_at_sea"] == pytest.approx(10 / 365)


@pytest.mark.parametrize(("now", "percent"), [("2024-01-03T00:00", 75.0), ("2024-01-02T00:00", 100.0)])
def test_the_uptime_of_the_current_year_is_of_its_elapsed_time(
    over_new_year: None, stats: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, now: str, percent: float
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(now) + timedelta(seconds=30))
    assert stats("year")["2024"]["uptime_percent"] == percent
    assert stats("year")["2024"]["elapsed_s"] == (at(now) - at("2024-01-01T00:00")).total_seconds()


def test_a_year_that_has_not_begun_has_no_uptime(
    over_new_year: None, stats: Callable[..., Any], page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at("2023-12-31T23:30"))
    assert [stats("year")["2024"][name] for name in ("uptime_percent", "mean_at_sea")] == [None, None]
    assert 'data-scope="year:2024"' in page("/stats")


def test_the_page_shows_the_uptime_in_percent(over_new_year: None, page: Page, stats: Callable[..., Any]) -> None:
    row = page("/stats").split('data-scope="year:2023"')[1].split("</tr>")[0]
    assert (
        float(row.split('data-sum="uptime_percent" value="')[1].split('"')[0])
        == stats("year")["2023"]["uptime_percent"]
    )
    assert ">0.4\u202f%<" in row


def test_basins_are_listed_by_year(mission: Callable[..., None], page: Page, stats: Callable[..., Any]) -> None:
    mission("2023-12-30T12:00", "2024-01-02T12:00")
    mission("2023-03-01T00:00", "2023-03-05T00:00", "sea002", lon=-40.0)
    rows = stats("year_basin")
    bornholm = {key: row for key, row in rows.items() if row["basin"] == "SEA-007"}
    assert {key: (row["year"], row["name"], row["time_at_sea_s"] / DAY_S) for key, row in bornholm.items()} == {
        "2023/SEA-007": (2023, "Bornholm Basin", 1.5),
        "2024/SEA-007": (2024, "Bornholm Basin", 1.5),
    }
    html = page("/stats")
    cells = {key: html.split(f'data-cell="{key}"')[1].split("</td>")[0] for key in rows}
    assert {
        key: float(cell.split('data-sum="time_at_sea_s" value="')[1].split('"')[0]) for key, cell in cells.items()
    } == {key: row["time_at_sea_s"] for key, row in rows.items()}


@pytest.mark.parametrize("by", ["year", "year_basin"])
def test_the_csv_has_the_figures_of_the_api(
    over_new_year: None, client: FlaskClient, stats: Callable[..., Any], by: str
) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get(f"/api/v1/stats?by={by}&format=csv").text)))
    columns = {"under_way (s)": "under_way_s", "uptime (%)": "uptime_percent", "mean_at_sea": "mean_at_sea"}
    assert {row[by]: {name: float(row[column]) for column, name in columns.items()} for row in rows} == {
        key: {name: row[name] for name in columns.values()} for key, row in stats(by).items()
    }


def test_the_mission_list_has_the_share_of_each_year(over_new_year: None, client: FlaskClient) -> None:
    (item,) = client.get("/api/v1/missions").json["items"]
    assert [(share["year"], share["time_at_sea_s"]) for share in item["by_year"]] == [
        (2023, 129_600.0),
        (2024, 129_600.0),
    ]
    assert sum(share["distance_m"] for share in item["by_year"]) == pytest.approx(item["distance_m"])
