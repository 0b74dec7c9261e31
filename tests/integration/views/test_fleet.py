"""The list of all platforms."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.views import platforms
from tests import made_files
from tests.integration.views.conftest import value

Page = Callable[[str], str]
ImportMission = Callable[..., None]
SUMS = ("missions", "profiles", "distance_m", "time_at_sea_s")


@pytest.fixture
def two_platforms(import_mission: ImportMission) -> None:
    """A platform with two missions and last data in 2021, and one with last data in 2020 and the lower id."""
    import_mission("sea002")
    import_mission("sea002", "20200913T1226", rows=made_files.rows())
    import_mission("sea001", "20200913T1226", rows=made_files.rows(profiles=2))


def test_an_empty_fleet_shows_a_note(page: Page) -> None:
    assert 'data-empty="store"' in page("/fleet")


def test_platforms_with_the_latest_data_are_first(page: Page, two_platforms: None) -> None:
    html = page("/fleet")
    assert html.index('data-platform="sea002"') < html.index('data-platform="sea001"')
    assert '<time datetime="2021-06-29T21:16:20Z" data-age>' in html


def test_the_sums_equal_those_of_the_api(page: Page, client: FlaskClient, two_platforms: None) -> None:
    row = page("/fleet").split('data-platform="sea002"')[1]
    platform = client.get("/api/v1/platforms/sea002").json
    assert platform["profiles"] == 8
    assert {name: float(value(row, f'data-sum="{name}"')) for name in SUMS} == {name: platform[name] for name in SUMS}


def test_the_fleet_is_paged_by_key(page: Page, two_platforms: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "_PLATFORMS_A_PAGE", 1)
    first = page("/fleet")
    link = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    second = page(link)
    assert 'data-platform="sea001"' not in first
    assert 'data-platform="sea002"' not in second
    assert 'data-platform="sea001"' in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize("after", ["x", "A" * 700, "%00"])
def test_a_bad_cursor_is_a_400_page_that_names_it(client: FlaskClient, after: str) -> None:
    answer = client.get(f"/fleet?after={after}")
    assert answer.status_code == 400
    assert 'error-detail">after: ' in answer.text
