"""The page of a platform."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.views import platforms
from tests import made_files
from tests.integration.views.conftest import value


@pytest.mark.parametrize("serial", ["sea001", "SEA001"])
def test_a_platform_shows_its_sums_and_missions(
    page: Callable[[str], str], import_mission: Callable[..., None], serial: str
) -> None:
    import_mission()
    import_mission(mission="20200913T1226", rows=made_files.rows())
    html = page(f"/fleet/{serial}")
    assert value(html, 'data-figure="missions"') == "2"
    assert value(html, 'data-figure="profiles"') == "8"
    assert 'href="/missions/sea001/20200913T1226"' in html


def test_the_missions_of_a_platform_are_paged_by_key(
    page: Callable[[str], str], import_mission: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platforms, "_MISSIONS_A_PAGE", 1)
    import_mission()
    import_mission(mission="20200913T1226", rows=made_files.rows())
    link = page("/fleet/sea001").split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
    assert 'href="/missions/sea001/20200913T1226"' in page(link)


def test_a_bad_cursor_is_a_400_page_that_names_it(client: FlaskClient, import_mission: Callable[..., None]) -> None:
    import_mission()
    answer = client.get("/fleet/sea001?after=x")
    assert answer.status_code == 400
    assert 'error-detail">after: ' in answer.text


def test_an_unknown_platform_is_a_404_page(client: FlaskClient) -> None:
    answer = client.get("/fleet/unknown")
    assert answer.status_code == 404
    assert "There is no platform unknown." in answer.text
