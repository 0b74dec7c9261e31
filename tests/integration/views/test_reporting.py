"""Platforms at sea are on time, late or silent: the same on every page, in the API, the feed and the metrics."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pymongo.database import Database

from app.domain import reporting as rule
from app.ingest import context, importer
from app.ingest.interpret import identity
from app.ingest.interpret.identity import Options
from app.queries import clock
from app.store import reporting
from tests import made_files
from tests.integration.views.conftest import SUMMER

Page = Callable[[str], str]
ImportMission = Callable[..., None]
HOUR = timedelta(hours=1)
PAGES = ("/", "/fleet", "/fleet/sea001", "/status")
# Six profiles, four hours apart: the platform is late after 12 hours and silent after two days.
LAST_AT = datetime.fromtimestamp(SUMMER + 5 * 4 * 3600 + 5 * made_files.STEP_S, UTC)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """A function that sets the clock of the portal to a time after the last data."""
    return lambda age: monkeypatch.setattr(clock, "now", lambda: LAST_AT + age)


def four_hourly() -> dict[str, Any]:
    """The columns of six profiles, four hours apart, that a glider can reach."""
    rows = made_files.rows(profiles=6, start_s=SUMMER)
    rows["time"] += (rows["profile_index"] - 1) * (4 * 3600 - made_files.SAMPLES_A_PROFILE * made_files.STEP_S)
    return rows


@pytest.fixture
def four_hours(import_mission: ImportMission) -> None:
    """A platform that reports every four hours."""
    import_mission(rows=four_hourly())


def badges(html: str) -> list[str]:
    return [part.split('"')[0] for part in html.split('data-reporting="')[1:]]


@pytest.mark.parametrize(
    ("age", "state", "words"),
    [
        (12 * HOUR, "on_time", "The platform at sea reports on time."),
        (12.1 * HOUR, "late", "1 late</a>"),
        (48 * HOUR, "late", "1 late</a>"),
        (48.1 * HOUR, "silent", "1 silent</a>"),
    ],
)
def test_a_platform_has_one_state_on_every_page_and_in_the_api(
    page: Page,
    client: FlaskClient,
    four_hours: None,
    at: Callable[[timedelta], None],
    age: timedelta,
    state: str,
    words: str,
) -> None:
    at(age)
    assert [badges(page(path)) for path in PAGES] == [[state]] * 4
    assert [words in page(path) for path in ("/", "/fleet", "/status")] == [True] * 3
    platform = client.get("/api/v1/platforms/sea001").json
    assert (platform["reporting_state"], platform["reporting_interval_s"]) == (state, 4 * 3600)
    assert platform["reporting_interval_origin"] == "learned"
    counts = reporting.platforms_by_state(LAST_AT + age, simulated=False)
    assert counts == {name: int(name == state) for name in rule.STATES}


def test_a_platform_whose_mission_is_over_has_no_state(
    page: Page, client: FlaskClient, four_hours: None, at: Callable[[timedelta], None]
) -> None:
    at(timedelta(days=14))
    assert [badges(page(path)) for path in PAGES] == [[]] * 4
    assert client.get("/api/v1/platforms/sea001").json["reporting_state"] is None
    assert "No platform is at sea." in page("/fleet")


def test_delayed_data_end_the_mission_and_the_state(
    page: Page, client: FlaskClient, import_mission: ImportMission
) -> None:
    rows = four_hourly()
    rows["time"] += datetime.now(UTC).timestamp() - 60 - LAST_AT.timestamp()
    import_mission(rows=rows)
    assert client.get("/api/v1/platforms/sea001").json["reporting_state"] == "on_time"
    import_mission(rows=rows, mode="D")
    assert client.get("/api/v1/platforms/sea001").json["reporting_state"] is None
    assert badges(page("/")) == []


@pytest.mark.parametrize(("state", "name"), [("on_time", "sea001"), ("late", "sea002"), ("silent", "sea003")])
def test_lists_are_filtered_by_state(
    page: Page,
    client: FlaskClient,
    four_hours: None,
    import_mission: ImportMission,
    at: Callable[[timedelta], None],
    state: str,
    name: str,
) -> None:
    # Four profiles within half an hour show no interval: it is six hours. The last data are 20 hours older.
    import_mission("sea002")
    import_mission("sea003", rows=made_files.rows(start_s=SUMMER - 5 * 86_400))
    at(HOUR)
    listed = client.get(f"/api/v1/platforms?reporting_state={state}").json["items"]
    assert [(platform["platform"], platform["reporting_state"]) for platform in listed] == [(name, state)]
    html = page(f"/fleet?reporting_state={state}")
    assert [part.split('"')[0] for part in html.split('data-platform="')[1:]] == [name]
    assert f"/fleet?reporting_state={state}" in page("/")


def test_a_wrong_state_is_refused_by_name(client: FlaskClient) -> None:
    assert client.get("/api/v1/platforms?reporting_state=tardy").status_code == 400
    answer = client.get("/fleet?reporting_state=tardy")
    assert answer.status_code == 400
    assert 'error-detail">reporting_state: ' in answer.text


def test_the_operator_sets_the_interval(
    client: FlaskClient, tools: context.ImportContext, tmp_path: Path, db: Database[dict[str, Any]]
) -> None:
    names = tmp_path / "platforms.toml"
    names.write_text('[sea001]\nreporting_interval = "90 min"\n', encoding="utf-8")
    path = made_files.time_series(tmp_path / "a.nc", four_hourly())
    options = Options(platform="sea001", mission="20210629T2053")
    list(importer.real([path], replace(tools, options=options, names=identity.platform_names(names))))
    platform = client.get("/api/v1/platforms/sea001").json
    assert (platform["reporting_interval_s"], platform["reporting_interval_origin"]) == (90 * 60, "set")


def test_a_silence_is_an_update_until_new_data_arrive(
    page: Page, client: FlaskClient, import_mission: ImportMission, four_hours: None, at: Callable[[timedelta], None]
) -> None:
    kinds = lambda: [each["kind"] for each in client.get("/api/v1/updates").json["items"]]  # noqa: E731
    at(48 * HOUR - timedelta(seconds=1))
    assert kinds() == ["deployment"]
    at(48 * HOUR)
    (silent,) = client.get("/api/v1/updates?kind=silent").json["items"]
    assert (silent["at"], silent["published_at"]) == ("2021-06-30T16:58:20.000Z", "2021-07-02T16:58:20.000Z")
    assert "No data of mission 20210629T2053 since 30 Jun 2021." in page("/updates")
    assert "Silent" in page("/updates.rss")
    longer = four_hourly()
    longer["time"] += longer["time"] > SUMMER + 4 * 4 * 3600
    longer["time"][-1] += 3 * 3600
    import_mission(rows=longer)
    assert kinds() == ["deployment"]
