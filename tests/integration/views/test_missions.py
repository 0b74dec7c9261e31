"""The list of missions and the page of one."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.views import missions
from tests import made_files
from tests.integration.views.conftest import SUMMER, value

Page = Callable[[str], str]
TakeIn = Callable[..., None]
ONE = "/missions/sea001/20210629T2053"


@pytest.fixture
def two(take_in: TakeIn) -> None:
    """A delayed mission of project Alpha in 2021 and a real-time one of project Beta in 2020."""
    take_in(project="Alpha", mode="D")
    plain = made_files.rows()
    plain["salinity"] = plain.pop("temperature")
    take_in("sea002", "20200913T1226", rows=plain, project="Beta")


def test_an_empty_list_says_so(page: Page) -> None:
    assert 'data-empty="store"' in page("/missions")


@pytest.mark.parametrize(
    "query", ["platform=sea001", "project=Alpha", "data_mode=D", "year=2021", "variable=temperature"]
)
def test_each_filter_in_the_url_narrows_the_list(page: Page, two: None, query: str) -> None:
    html = page(f"/missions?{query}")
    assert f'href="{ONE}"' in html
    assert 'href="/missions/sea002/20200913T1226"' not in html


def test_a_basin_narrows_the_list(page: Page, two: None) -> None:
    assert 'data-empty="filters"' in page("/missions?basin=no-such-basin")


@pytest.mark.parametrize(("query", "first"), [("", ONE), ("sort=oldest", "/missions/sea002/20200913T1226")])
def test_the_order_is_part_of_the_address(page: Page, two: None, query: str, first: str) -> None:
    html = page(f"/missions?{query}").split("<tbody>")[1]
    assert html.split('href="')[1].split('"')[0] == first


def test_dates_narrow_the_list_and_the_count(page: Page, two: None) -> None:
    html = page("/missions?from=2021-01-01&to=2021-12-31")
    assert value(html, 'data-count="missions"') == "1"
    assert f'href="{ONE}"' in html


def test_simulated_missions_show_only_on_demand_and_say_so(page: Page, two: None, take_in: TakeIn) -> None:
    take_in("sim001", "20220101T0000", simulated="true")
    assert "/missions/sim001/20220101T0000" not in page("/missions")
    asked = page("/missions?simulated=include")
    assert "/missions/sim001/20220101T0000" in asked
    assert 'data-simulated="include"' in asked
    assert value(asked, 'data-count="missions"') == "3"


def test_filters_left_at_all_do_not_count(page: Page, two: None) -> None:
    html = page("/missions?platform=&basin=&project=&data_mode=&year=&variable=")
    assert html.count('scope="row"') == 2


def test_the_form_remembers_what_was_chosen(page: Page, two: None) -> None:
    assert '<option value="Alpha" selected>Alpha</option>' in page("/missions?project=Alpha")


def test_the_list_goes_on_by_key_and_keeps_its_filters(page: Page, two: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missions, "_MISSIONS_A_PAGE", 1)
    first = page("/missions?variable=depth")
    assert 'data-empty="filters"' in first
    first = page("/missions")
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert ONE in first
    assert 'href="/missions/sea002/20200913T1226"' in page(following)


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("year", "year=abc"),
        ("year", "year=%D9%A2%D9%A0%D9%A2%D9%A2"),
        ("data_mode", "data_mode=X"),
        ("platform", "platform=" + "x" * 201),
        ("project", "project=a%00b"),
        ("kind", "kind=submarine"),
        ("sort", "sort=colour"),
        ("simulated", "simulated=yes"),
        ("from", "from=yesterday"),
        ("to", "to=2021-02-30"),
        ("to", "from=2021-02-02&to=2021-01-01"),
        ("after", "after=nonsense"),
        ("after", "after=" + "A" * 700),
    ],
)
def test_a_bad_filter_is_a_400_page_that_names_it(client: FlaskClient, field: str, query: str) -> None:
    answer = client.get(f"/missions?{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert f'error-detail">{field}: ' in answer.text


def test_a_mission_shows_its_figures(page: Page, take_in: TakeIn) -> None:
    take_in(mode="D")
    html = page(ONE)
    assert value(html, 'data-figure="profiles"') == "4"
    assert value(html, 'data-figure="samples"') == "24"
    assert value(html, 'data-figure="max_depth_m"') == "50.0"
    assert ">Delayed</span>" in html


def test_a_warning_is_counted_and_explained(page: Page, take_in: TakeIn) -> None:
    rows = made_files.rows(start_s=SUMMER)
    rows["depth"][0] = -0.3
    take_in(rows=rows)
    html = page(ONE)
    assert 'data-warning="depth_negative" data-count="1"' in html
    assert "These samples count as 0" in html


def test_what_a_file_declares_stands_beside_what_its_data_say(page: Page, take_in: TakeIn) -> None:
    take_in(geospatial_lat_max=70.5, time_coverage_start="2021-06-29T20:53:20Z")
    table = page(ONE).split("data-declared")[1].split("</table>")[0]
    assert "geospatial_lat_max" in table
    assert "70.5" in table
    assert "55.5000°" in table
    assert "time_coverage_start" not in table


def test_provenance_names_the_file_and_its_digest(page: Page, take_in: TakeIn) -> None:
    take_in()
    html = page(ONE).split('id="provenance"')[1]
    assert "sea001-20210629T2053.nc" in html
    assert "SHA-256" in html


def test_an_earlier_version_stays_visible(page: Page, take_in: TakeIn) -> None:
    take_in()
    take_in(mode="D", rows=made_files.rows(profiles=6, start_s=SUMMER))
    html = page(ONE)
    assert value(html, 'data-figure="profiles"') == "6"
    assert "data-earlier" in html


def test_profiles_go_on_by_key(page: Page, take_in: TakeIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missions, "_PROFILES_A_PAGE", 3)
    take_in()
    first = page(ONE)
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    table = page(following.split("#")[0]).split("data-profiles>")[1]
    assert table.count('<th scope="row"') == 1
    assert '<th scope="row" class="serial">4</th>' in table


def test_a_bad_profile_cursor_is_a_400_page_that_names_it(client: FlaskClient, take_in: TakeIn) -> None:
    take_in()
    answer = client.get(f"{ONE}?after=x")
    assert answer.status_code == 400
    assert 'error-detail">after: ' in answer.text


@pytest.mark.parametrize(
    "path", ["/missions/sea001/19990101T0000", "/missions/nobody/20210629T2053", "/missions/%00/%22"]
)
def test_an_unknown_mission_is_a_404_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'data-error="404"' in answer.text
