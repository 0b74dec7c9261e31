"""The map of all missions: what it lists without scripts is what its script draws."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.views import maps
from tests import made_files
from tests.integration.views.conftest import HOSTILE, value

Page = Callable[[str], str]
TakeIn = Callable[..., None]


@pytest.fixture
def three(take_in: TakeIn) -> None:
    """Missions of two platforms in 2020 and 2021, one of them delayed and of a project."""
    take_in()
    take_in("sea001", "20200913T1226", rows=made_files.rows(), project="SAMBA")
    take_in("sea002", "20200914T0000", rows=made_files.rows(start_s=1_600_100_000.0), mode="D")


def listed(html: str) -> list[str]:
    """The missions of the table, in its order."""
    return re.findall(r'<tr data-track="([^"]*)"', html)


def drawn(client: FlaskClient, html: str) -> list[str]:
    """The missions that the script is told to draw, in their order."""
    url = html.split('data-tracks="')[1].split('"')[0].replace("&amp;", "&")
    features = client.get(url, buffered=True).json["features"]
    return [f["id"].removesuffix("/track") for f in features if f["properties"]["kind"] == "track"]


CHOICES = {
    "": 3,
    "?platform=sea001": 2,
    "?year=2020": 2,
    "?year=2020&platform=sea001": 1,
    "?basin=SEA-007": 3,
    "?basin=SEA-006": 0,
    "?project=SAMBA": 1,
    "?data_mode=D": 1,
    "?kind=glider": 3,
    "?kind=sailbuoy": 0,
    "?variable=temperature": 3,
    "?from=2021-01-01": 1,
    "?to=2020-12-31": 2,
    "?from=2020-09-14&to=2020-12-31": 1,
    "?sort=oldest": 3,
    "?year=&platform=": 3,
    "?utm_source=elsewhere": 3,
}


def test_the_table_holds_what_the_script_draws(page: Page, client: FlaskClient, three: None) -> None:
    pages = {query: page(f"/map{query}") for query in CHOICES}
    assert {query: listed(html) for query, html in pages.items()} == {
        query: drawn(client, html) for query, html in pages.items()
    }
    assert {query: len(listed(html)) for query, html in pages.items()} == CHOICES


def test_it_says_how_many_missions_there_are(page: Page, three: None) -> None:
    html = page("/map?year=2020")
    assert value(html, 'data-count="missions"') == "2"
    assert "Showing <data data-listed>2</data> of" in html


def test_more_missions_come_by_key(
    page: Page, client: FlaskClient, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "_MISSIONS_A_PAGE", 2)
    first = page("/map?kind=glider")
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = page(following)
    assert [*listed(first), *listed(second)] == [
        "sea001/20210629T2053",
        "sea002/20200914T0000",
        "sea001/20200913T1226",
    ]
    assert listed(second) == drawn(client, second)
    assert 'rel="next"' not in second
    assert 'href="/map?kind=glider" rel="first"' in second


def test_the_slider_spans_the_data_of_the_filter_whatever_the_window(page: Page, three: None) -> None:
    whole = page("/map?platform=sea001&from=2021-01-01")
    assert 'data-from="2020-09-13T12:26:40Z"' in whole
    assert 'data-to="2021-06-29T' in whole


def test_a_choice_without_missions_says_so(page: Page, three: None) -> None:
    html = page("/map?year=1999")
    assert 'data-empty="filters"' in html
    assert "data-timeline" not in html
    assert listed(html) == []


def test_an_empty_portal_says_so(page: Page) -> None:
    assert 'data-empty="store"' in page("/map")


def test_simulated_missions_show_on_demand_and_marked(page: Page, client: FlaskClient, take_in: TakeIn) -> None:
    take_in("sim001", simulated="true")
    assert listed(page("/map")) == []
    asked = page("/map?simulated=include")
    assert listed(asked) == drawn(client, asked) == ["sim001/20210629T2053"]
    assert '<strong class="simulated">' in asked
    assert 'data-simulated="include"' in asked


def test_text_from_files_and_addresses_is_escaped(page: Page, client: FlaskClient, take_in: TakeIn) -> None:
    take_in(project=HOSTILE, glider_name=HOSTILE)
    asked = [client.get("/map", query_string={name: HOSTILE}) for name in ("platform", "project", "basin", "variable")]
    assert [answer.status_code for answer in asked] == [200] * 4
    everything = page("/map") + "".join(answer.text for answer in asked)
    assert "<script>alert" not in everything
    assert HOSTILE not in everything


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=%00", "after"),
        ("year=never", "year"),
        ("data_mode=X", "data_mode"),
        ("kind=boat", "kind"),
        ("from=yesterday", "from"),
        ("from=2022-01-02&to=2022-01-01", "to"),
        ("simulated=yes", "simulated"),
        ("platform=%00", "platform"),
    ],
)
def test_a_bad_address_is_a_400_page_that_names_what_is_off(client: FlaskClient, query: str, field: str) -> None:
    answer = client.get(f"/map?{query}")
    assert answer.status_code == 400
    assert f'error-detail">{field}: ' in answer.text


def test_every_page_leads_to_the_map(page: Page, three: None) -> None:
    assert '<a href="/map">Map</a>' in page("/")
    assert '<a href="/map" aria-current="page">Map</a>' in page("/map")
